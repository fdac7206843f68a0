//! For the build scripts of the services that serve a web app: packs the built app (`ui/APP/dist`, made by `make ui`)
//! into the program. When it was not built, the program is made all the same and says so to browsers: who works on the
//! services need not have Node.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

/// Writes `embedded.rs` into the folder of what the build makes: a table of names and bytes, for `ers_web_app::Packed`.
pub fn pack(app: &str) -> io::Result<()> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    let source = here.join("../../ui").join(app);
    let built = source.join("dist");
    let mut files = Vec::new();
    // A path that is not there would make Cargo build this anew each time; the folder above it changes once it is.
    let watched = if built.is_dir() {
        find(&built, &built, &mut files)?;
        built
    } else {
        source
    };
    println!("cargo::rerun-if-changed={}", watched.display());
    files.sort();
    let mut table = String::from("&[\n");
    for (name, path) in files {
        writeln!(table, "    ({name:?}, include_bytes!({path:?})),").map_err(io::Error::other)?;
    }
    table.push(']');
    fs::write(out.join("embedded.rs"), table)
}

fn find(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root).map_err(io::Error::other)?;
            let absolute = path.canonicalize()?;
            files.push((name.display().to_string(), absolute.display().to_string()));
        }
    }
    Ok(())
}

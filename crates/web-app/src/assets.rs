//! The files of the app, in memory: each as it is and, where the build made them, compressed by gzip and brotli
//! (`NAME.gz`, `NAME.br` beside it).

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use thiserror::Error;

const INDEX: &str = "index.html";
/// A folder with more than that is not our app.
const MOST_FILES: usize = 2000;
const MOST_BYTES: u64 = 64 << 20;

/// Why the app cannot be taken in.
#[derive(Debug, Error)]
pub enum AssetError {
    /// A file or folder cannot be read.
    #[error("read web app {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no `index.html` in it.
    #[error("read web app {0}: there is no {INDEX} in it")]
    NoIndex(PathBuf),
    /// It is something else.
    #[error("read web app {0}: more than {MOST_FILES} files or {MOST_BYTES} bytes")]
    TooLarge(PathBuf),
}

/// A file in all its codings.
#[derive(Debug, Clone)]
pub struct Asset {
    /// As it is.
    pub plain: Bytes,
    /// By gzip.
    pub gzip: Option<Bytes>,
    /// By brotli.
    pub brotli: Option<Bytes>,
    /// Media type.
    pub media_type: &'static str,
    /// Strong entity tag, quoted; of the plain bytes.
    pub tag: String,
    /// Its name changes with its content.
    pub immutable: bool,
}

/// All files by their path below that of the app.
#[derive(Debug, Default)]
pub struct Assets {
    files: BTreeMap<String, Asset>,
}

impl Assets {
    /// What is packed into the program; nothing when it was built without the app.
    pub fn packed(files: &[(&str, &'static [u8])]) -> Self {
        Self::of(
            files
                .iter()
                .map(|(name, bytes)| ((*name).to_owned(), Bytes::from_static(bytes)))
                .collect(),
        )
    }

    /// What lies in a folder.
    pub fn read(folder: &Path) -> Result<Self, AssetError> {
        let mut files = BTreeMap::new();
        let mut left = MOST_BYTES;
        read_into(folder, folder, &mut files, &mut left)?;
        let assets = Self::of(files);
        match assets.index() {
            Some(_) => Ok(assets),
            None => Err(AssetError::NoIndex(folder.to_owned())),
        }
    }

    fn of(mut files: BTreeMap<String, Bytes>) -> Self {
        let names: Vec<String> = files
            .keys()
            .filter(|name| !(name.ends_with(".gz") || name.ends_with(".br")))
            .cloned()
            .collect();
        let mut assets = Self::default();
        for name in names {
            let gzip = files.remove(&format!("{name}.gz"));
            let brotli = files.remove(&format!("{name}.br"));
            if let Some(plain) = files.remove(&name) {
                let asset = Asset {
                    media_type: media_type(&name),
                    tag: tag(&plain),
                    immutable: name.starts_with("assets/"),
                    plain,
                    gzip,
                    brotli,
                };
                assets.files.insert(name, asset);
            }
        }
        assets
    }

    /// A file.
    pub fn find(&self, path: &str) -> Option<&Asset> {
        self.files.get(path)
    }

    /// The page that every path of the app begins with.
    pub fn index(&self) -> Option<&Asset> {
        self.files.get(INDEX)
    }
}

fn read_into(
    root: &Path,
    folder: &Path,
    files: &mut BTreeMap<String, Bytes>,
    left: &mut u64,
) -> Result<(), AssetError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| AssetError::Read { path, source }
    };
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let about = fs::metadata(&path).map_err(failed(&path))?;
        if about.is_dir() {
            read_into(root, &path, files, left)?;
            continue;
        }
        *left = left
            .checked_sub(about.len())
            .filter(|_| files.len() < MOST_FILES)
            .ok_or_else(|| AssetError::TooLarge(root.to_owned()))?;
        let name = path.strip_prefix(root).unwrap_or(&path);
        let name: Vec<Cow<'_, str>> = name.iter().map(|part| part.to_string_lossy()).collect();
        files.insert(
            name.join("/"),
            fs::read(&path).map_err(failed(&path))?.into(),
        );
    }
    Ok(())
}

fn tag(bytes: &[u8]) -> String {
    let hash = digest(&SHA256, bytes);
    let short: Vec<u8> = hash.as_ref().iter().copied().take(12).collect();
    format!("\"{}\"", hex::encode(short))
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_with_its_codings() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("assets")).unwrap();
        fs::write(folder.path().join("index.html"), "<p>").unwrap();
        fs::write(folder.path().join("assets/a-1.js"), "1").unwrap();
        fs::write(folder.path().join("assets/a-1.js.br"), "b").unwrap();
        let assets = Assets::read(folder.path()).unwrap();
        let script = assets.find("assets/a-1.js").unwrap();
        assert_eq!(script.brotli.as_deref(), Some(b"b".as_slice()));
        assert!(script.gzip.is_none() && script.immutable);
        assert!(assets.find("assets/a-1.js.br").is_none());
        assert!(!assets.index().unwrap().immutable);
    }

    #[test]
    fn a_folder_without_an_index_is_no_app() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            Assets::read(folder.path()),
            Err(AssetError::NoIndex(_))
        ));
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = Assets::read(Path::new("/no/such/folder")).unwrap_err();
        assert!(error.to_string().contains("/no/such/folder"), "{error}");
    }

    #[test]
    fn a_folder_with_too_many_files_is_something_else() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..=MOST_FILES {
            fs::write(folder.path().join(number.to_string()), "").unwrap();
        }
        assert!(matches!(
            Assets::read(folder.path()),
            Err(AssetError::TooLarge(_))
        ));
    }
}

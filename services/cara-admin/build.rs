//! Packs the app of `ui/cara-admin` into the program.

#[path = "../../crates/web-app/pack.rs"]
mod pack;

fn main() -> std::io::Result<()> {
    pack::pack("cara-admin")
}

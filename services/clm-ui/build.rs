//! Packs the app of `ui/clm-ui` into the program.

#[path = "../../crates/web-app/pack.rs"]
mod pack;

fn main() -> std::io::Result<()> {
    pack::pack("clm-ui")
}

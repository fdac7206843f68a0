//! Compiles the contracts without `protoc`.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    const ROOT: &str = "../../proto";
    const FILES: [&str; 3] = [
        "ers/signer/v1/signer.proto",
        "ers/cara/v1/cara.proto",
        "ers/clm/v1/clm.proto",
    ];
    println!("cargo:rerun-if-changed={ROOT}");
    let descriptors = protox::compile(FILES, [ROOT])?;
    tonic_prost_build::configure()
        .boxed(".ers.cara.v1.IssueAnswer.outcome.issued")
        .compile_fds(descriptors)?;
    Ok(())
}

//! Telling that the platform is ready, and what to do with it.

use std::time::Duration;

use ers_runtime::Context;

use super::{config::Addresses, data_folder::DataFolder};
use crate::{failure::Outcome, output};

const LOOK: Duration = Duration::from_millis(20);

/// Waits until every service says that it is ready, or the platform is stopped.
pub async fn wait(context: &Context) {
    while !context.health.is_ready() && context.shutdown.sleep(LOOK).await {}
}

/// Tells what to open, and three commands to try.
pub fn tell(addresses: &Addresses, folder: &DataFolder, password: Option<&str>) -> Outcome<()> {
    let (url, root) = (
        addresses.base(),
        folder.root_certificate().display().to_string(),
    );
    let data = folder.path().display();
    // as it was started: it need not be on anybody's PATH
    let ers =
        std::env::current_exe().map_or_else(|_| "ers".into(), |path| path.display().to_string());
    let login = match password {
        Some(password) => {
            format!("administrator / {password}   (shown this once; change it: ers password)")
        }
        None => "administrator, with the password of the first start (forgotten? ers password)"
            .to_owned(),
    };
    output::line(&format!(
        "
ERS is ready.

  open    {url}/clm-ui/
  root    {root}
  login   {login}
  health  {health}/health/ready

Try:

  {ers} --data {data} status
  {ers} --data {data} cert issue --name dns:www.example.test --out www
  REQUESTS_CA_BUNDLE={root} certbot certonly --standalone --server {url}/acme/directory \\
      --register-unsafely-without-email --agree-tos -d YOUR.HOST

Ctrl-C stops it; the data stays in {data}.",
        health = addresses.health_url
    ))
}

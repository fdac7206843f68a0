//! What waits and what is refused when requests come at a rate of their own, whether or not the earlier ones were
//! answered: below what the platform can do, three times above it, and below it again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use ers_proto::clm::v1::{EnrollRequest, enrollment_client::EnrollmentClient};
use ers_runtime::grpc::Channel;
use serde::Serialize;
use tokio::task::JoinSet;
use tonic::Code;

use crate::options::Options;

/// What came of requests at a rate.
#[derive(Debug, Serialize)]
pub struct Load {
    /// Which load.
    pub name: &'static str,
    /// Requests per second.
    pub offered: f64,
    /// Certificates per second.
    pub accepted: f64,
    /// Half of the certificates took less.
    pub p50_ms: f64,
    /// All but one of a hundred took less.
    pub p99_ms: f64,
    /// Refusals per second, all of them to be tried again later.
    pub refused: f64,
    /// All but one of a hundred of those took less.
    pub refused_p99_ms: f64,
}

/// Callers that find out what the platform can do.
const CLOSED_LOOP: usize = 64;
/// How often requests leave: as many as are due.
const TICK: Duration = Duration::from_millis(2);

/// Measures what is possible, then 80 % of that, 300 % of it, and 80 % again ten seconds later.
pub async fn measure(
    options: &Options,
    client: &EnrollmentClient<Channel>,
    csrs: &Arc<[Vec<u8>]>,
) -> Result<Vec<Load>> {
    const RECOVERY: Duration = Duration::from_secs(10);
    let possible = possible(options, client, csrs).await?;
    let mut loads = Vec::new();
    loads.push(offer("80 %", possible * 0.8, options, client, csrs).await?);
    loads.push(offer("300 %", possible * 3.0, options, client, csrs).await?);
    tokio::time::sleep(RECOVERY).await;
    loads.push(offer("80 %, 10 s later", possible * 0.8, options, client, csrs).await?);
    Ok(loads)
}

fn request(csrs: &[Vec<u8>], number: usize) -> Result<EnrollRequest> {
    let csr = csrs
        .get(number % csrs.len())
        .context("there are no requests")?;
    Ok(EnrollRequest {
        request_id: uuid::Uuid::new_v4().to_string(),
        protocol: "cli".into(),
        policy: "server".into(),
        requester: "bench".into(),
        csr: csr.clone(),
        ..EnrollRequest::default()
    })
}

/// Certificates per second of callers who wait for each.
async fn possible(
    options: &Options,
    client: &EnrollmentClient<Channel>,
    csrs: &Arc<[Vec<u8>]>,
) -> Result<f64> {
    let begun = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..CLOSED_LOOP {
        let (mut client, csrs, until) =
            (client.clone(), Arc::clone(csrs), begun + options.measured());
        callers.spawn(async move {
            let mut done = 0_u32;
            while Instant::now() < until {
                client
                    .enroll(request(&csrs, caller * 61 + done as usize)?)
                    .await?;
                done += 1;
            }
            anyhow::Ok(done)
        });
    }
    let mut done = 0_u32;
    while let Some(caller) = callers.join_next().await {
        done += caller??;
    }
    Ok(f64::from(done) / begun.elapsed().as_secs_f64())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "counts of seconds of work"
)]
async fn offer(
    name: &'static str,
    rate: f64,
    options: &Options,
    client: &EnrollmentClient<Channel>,
    csrs: &Arc<[Vec<u8>]>,
) -> Result<Load> {
    let (begun, seconds) = (Instant::now(), options.measured().as_secs_f64());
    let mut ticks = tokio::time::interval(TICK);
    let mut requests = JoinSet::new();
    let mut sent = 0_usize;
    while begun.elapsed().as_secs_f64() < seconds {
        ticks.tick().await;
        let due = (begun.elapsed().as_secs_f64() * rate) as usize;
        for number in sent..due {
            let (mut client, request) = (client.clone(), request(csrs, number)?);
            requests.spawn(async move {
                let asked = Instant::now();
                let answer = client.enroll(request).await;
                (asked.elapsed(), answer.map(drop))
            });
        }
        sent = sent.max(due);
    }
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    while let Some(answered) = requests.join_next().await {
        match answered? {
            (took, Ok(())) => accepted.push(took),
            (took, Err(status)) if status.code() == Code::ResourceExhausted => refused.push(took),
            (_, Err(status)) => return Err(status.into()),
        }
    }
    accepted.sort_unstable();
    refused.sort_unstable();
    let elapsed = begun.elapsed().as_secs_f64();
    Ok(Load {
        name,
        offered: sent as f64 / seconds,
        accepted: accepted.len() as f64 / elapsed,
        p50_ms: crate::load::percentile(&accepted, 50),
        p99_ms: crate::load::percentile(&accepted, 99),
        refused: refused.len() as f64 / elapsed,
        refused_p99_ms: crate::load::percentile(&refused, 99),
    })
}

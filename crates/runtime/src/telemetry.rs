//! Logs, traces and metrics: set up once per process. Logs go to standard error, metrics to the Prometheus registry that
//! [`crate::health`] serves; all three to an OTLP collector as well, when one is configured.

use std::io::IsTerminal as _;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::{
    Resource, logs::SdkLoggerProvider, metrics::SdkMeterProvider,
    propagation::TraceContextPropagator, trace::SdkTracerProvider,
};
use prometheus::Registry;
use serde::Deserialize;
use thiserror::Error;
use tracing::Subscriber;
use tracing_subscriber::{
    Layer, filter::Targets, layer::SubscriberExt as _, registry::LookupSpan,
    util::SubscriberInitExt as _,
};

/// What is told, and where to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// Filter of log lines: a level, or `target=level` pairs (`info,sqlx=warn`).
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// gRPC address of an OTLP collector, e.g. `http://otel-collector:4317`, for traces, metrics and logs; absent: no
    /// traces are made.
    pub otlp_endpoint: Option<String>,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            log: "info".into(),
            log_format: LogFormat::Json,
            otlp_endpoint: None,
        }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

/// Why telemetry could not be set up.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The log filter is not one.
    #[error("parse log filter {0:?}")]
    Filter(String, #[source] tracing_subscriber::filter::ParseError),
    /// The OTLP exporter cannot be made.
    #[error("set up OTLP exporter for {0}")]
    Otlp(String, #[source] opentelemetry_otlp::ExporterBuildError),
    /// The Prometheus exporter cannot be made.
    #[error("set up metrics: {0}")]
    Metrics(String),
    /// Telemetry was set up before in this process.
    #[error("set up logging")]
    Twice(#[source] tracing_subscriber::util::TryInitError),
}

/// Running telemetry; flushed by [`Telemetry::flush`].
pub struct Telemetry {
    /// All metrics of the process.
    pub registry: Registry,
    metrics: SdkMeterProvider,
    collected: Option<Collected>,
}

/// What goes to a collector.
struct Collected {
    traces: SdkTracerProvider,
    logs: SdkLoggerProvider,
}

/// What a collector is not told of: the exporter's own doings, which would never end, and single statements.
const UNTOLD: &str =
    "h2=off,hyper=off,hyper_util=off,tonic=off,tower=off,opentelemetry=off,sqlx=off,sea_orm=off";

/// Sets telemetry up for this process.
///
/// # Errors
/// When the configuration cannot be followed, or on a second call.
pub fn init(service: &'static str, config: &TelemetryConfig) -> Result<Telemetry, TelemetryError> {
    let resource = Resource::builder().with_service_name(service).build();
    let registry = Registry::new();
    let metrics = metrics(resource.clone(), &registry, config)?;
    opentelemetry::global::set_meter_provider(metrics.clone());
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let collected = config
        .otlp_endpoint
        .as_ref()
        .map(|endpoint| Collected::to(endpoint, resource))
        .transpose()?;

    let lines_told = filter(&config.log)?;
    let set_up = match &collected {
        // One filter for all: with one for each layer every step into a span looks the span up for each.
        None => tracing_subscriber::registry()
            .with(lines_told)
            .with(lines(config.log_format))
            .try_init(),
        Some(collected) => {
            let spans =
                tracing_opentelemetry::layer().with_tracer(collected.traces.tracer(service));
            let records = OpenTelemetryTracingBridge::new(&collected.logs);
            tracing_subscriber::registry()
                .with(lines(config.log_format).with_filter(lines_told))
                // whatever the log's level: a trace without its spans is none
                .with(spans.with_filter(filter(&format!("info,{UNTOLD}"))?))
                .with(records.with_filter(filter(&format!("{},{UNTOLD}", config.log))?))
                .try_init()
        }
    };
    set_up.map_err(TelemetryError::Twice)?;
    Ok(Telemetry {
        registry,
        metrics,
        collected,
    })
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    match format {
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(std::io::stderr)
            .boxed(),
        LogFormat::Text => tracing_subscriber::fmt::layer()
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr)
            .boxed(),
    }
}

fn filter(text: &str) -> Result<Targets, TelemetryError> {
    text.parse()
        .map_err(|error| TelemetryError::Filter(text.to_owned(), error))
}

/// Metrics go to the registry, and to the collector where there is one.
fn metrics(
    resource: Resource,
    registry: &Registry,
    config: &TelemetryConfig,
) -> Result<SdkMeterProvider, TelemetryError> {
    let prometheus = opentelemetry_prometheus::exporter()
        // names say the unit already: ers_cara_crl_left_seconds
        .without_units()
        .with_registry(registry.clone())
        .build()
        .map_err(|error| TelemetryError::Metrics(error.to_string()))?;
    let provider = SdkMeterProvider::builder()
        .with_resource(resource)
        .with_reader(prometheus);
    let Some(endpoint) = &config.otlp_endpoint else {
        return Ok(provider.build());
    };
    let exporter = opentelemetry_otlp::MetricExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()
        .map_err(|error| TelemetryError::Otlp(endpoint.clone(), error))?;
    Ok(provider.with_periodic_exporter(exporter).build())
}

impl Collected {
    fn to(endpoint: &str, resource: Resource) -> Result<Self, TelemetryError> {
        let failed = |error| TelemetryError::Otlp(endpoint.to_owned(), error);
        let spans = opentelemetry_otlp::SpanExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint)
            .build()
            .map_err(failed)?;
        let records = opentelemetry_otlp::LogExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint)
            .build()
            .map_err(failed)?;
        Ok(Self {
            traces: SdkTracerProvider::builder()
                .with_resource(resource.clone())
                .with_batch_exporter(spans)
                .build(),
            logs: SdkLoggerProvider::builder()
                .with_resource(resource)
                .with_batch_exporter(records)
                .build(),
        })
    }
}

impl Telemetry {
    /// Sends what has not left yet.
    pub fn flush(&self) {
        if let Err(error) = self.metrics.shutdown() {
            tracing::debug!(%error, "metrics not flushed");
        }
        let Some(collected) = &self.collected else {
            return;
        };
        if let Err(error) = collected.traces.shutdown() {
            tracing::debug!(%error, "traces not flushed");
        }
        if let Err(error) = collected.logs.shutdown() {
            tracing::debug!(%error, "logs not flushed");
        }
    }
}

//! Logs, traces and metrics: set up once per process. Logs go to standard error; traces to an OTLP collector when one
//! is configured; metrics to the Prometheus registry that [`crate::health`] serves.

use std::io::IsTerminal as _;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::{
    Resource, metrics::SdkMeterProvider, propagation::TraceContextPropagator,
    trace::SdkTracerProvider,
};
use prometheus::Registry;
use serde::Deserialize;
use thiserror::Error;
use tracing_subscriber::{
    EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// What is told, and where to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// Filter of log lines: a level, or `target=level` pairs (`info,sqlx=warn`).
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// gRPC address of an OTLP collector, e.g. `http://otel-collector:4317`; absent: no traces leave the process.
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
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
}

/// Sets telemetry up for this process.
///
/// # Errors
/// When the configuration cannot be followed, or on a second call.
pub fn init(service: &'static str, config: &TelemetryConfig) -> Result<Telemetry, TelemetryError> {
    let resource = Resource::builder().with_service_name(service).build();
    let traces = traces(resource.clone(), config)?;
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .build()
        .map_err(|error| TelemetryError::Metrics(error.to_string()))?;
    let metrics = SdkMeterProvider::builder()
        .with_resource(resource)
        .with_reader(exporter)
        .build();
    opentelemetry::global::set_meter_provider(metrics.clone());
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());

    let filter = EnvFilter::try_new(&config.log)
        .map_err(|error| TelemetryError::Filter(config.log.clone(), error))?;
    let lines = match config.log_format {
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(std::io::stderr)
            .boxed(),
        LogFormat::Text => tracing_subscriber::fmt::layer()
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr)
            .boxed(),
    };
    // Without a collector spans need no OpenTelemetry ids: a layer less on the hot path.
    let spans = config
        .otlp_endpoint
        .as_ref()
        .map(|_| tracing_opentelemetry::layer().with_tracer(traces.tracer(service)));
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .with(spans)
        .try_init()
        .map_err(TelemetryError::Twice)?;
    Ok(Telemetry {
        registry,
        traces,
        metrics,
    })
}

fn traces(
    resource: Resource,
    config: &TelemetryConfig,
) -> Result<SdkTracerProvider, TelemetryError> {
    let provider = SdkTracerProvider::builder().with_resource(resource);
    let Some(endpoint) = &config.otlp_endpoint else {
        return Ok(provider.build());
    };
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()
        .map_err(|error| TelemetryError::Otlp(endpoint.clone(), error))?;
    Ok(provider.with_batch_exporter(exporter).build())
}

impl Telemetry {
    /// Sends what has not left yet.
    pub fn flush(&self) {
        if let Err(error) = self.traces.shutdown() {
            tracing::debug!(%error, "traces not flushed");
        }
        if let Err(error) = self.metrics.shutdown() {
            tracing::debug!(%error, "metrics not flushed");
        }
    }
}

//! Which trace a call belongs to, W3C `traceparent`: metadata belong to a stream, so it goes with each question.

use std::collections::HashMap;

use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const HEADER: &str = "traceparent";

/// That of the current span; empty when nobody collects traces.
#[must_use]
pub fn current() -> String {
    use opentelemetry::trace::TraceContextExt as _;
    let context = Span::current().context();
    if !context.span().span_context().is_valid() {
        return String::new();
    }
    let mut carrier = HashMap::new();
    opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&context, &mut carrier);
    });
    carrier.remove(HEADER).unwrap_or_default()
}

/// Makes a span the child of the caller's.
pub fn follow(span: &Span, traceparent: &str) {
    if traceparent.is_empty() {
        return;
    }
    let carrier = HashMap::from([(HEADER.to_owned(), traceparent.to_owned())]);
    let parent =
        opentelemetry::global::get_text_map_propagator(|propagator| propagator.extract(&carrier));
    // Fails only when no OpenTelemetry layer is there.
    let _ = span.set_parent(parent);
}

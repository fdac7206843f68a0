//! `Idempotency-Key`: a POST that is repeated with the same key by the same caller is answered the same, and does nothing
//! again. After draft-ietf-httpapi-idempotency-key-header.

use actix_web::{
    Error, HttpResponse, ResponseError as _,
    body::{BoxBody, MessageBody, to_bytes},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header},
    middleware::Next,
    web,
};
use aws_lc_rs::digest;
use ers_runtime::{
    error::chain,
    http::{Problem, problem},
};

use super::{caller, headers::idempotency_key, payload::whole};
use crate::{
    domain::reply::{Reply, ReplyKey, Standing},
    flows::Flows,
};

const FIELD: &str = "Idempotency-Key";
const REPLAYED: &str = "Idempotency-Replayed";
/// Its key becomes the request id, by which CARA itself makes no certificate twice.
const ISSUANCE: &str = "/clm-api/v1/certificates";

/// Answers a repeated request with what was answered before.
pub(super) async fn answer_once(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(caller) = caller_of(&request) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let key = match idempotency_key(request.request()) {
        Ok(Some(key)) => key,
        Ok(None) => return Ok(next.call(request).await?.map_into_boxed_body()),
        Err(wrong) => return Ok(request.into_response(wrong.error_response())),
    };
    let Some(flows) = request.app_data::<web::Data<Flows>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let body = match whole(request.extract::<web::Payload>().await?).await {
        Ok(body) => body,
        Err(refusal) => return Ok(request.into_response(refusal.error_response())),
    };
    let key = ReplyKey {
        caller: hex::encode(digest::digest(&digest::SHA256, caller.as_bytes())),
        key,
        request_digest: digest_of(&request, &body),
    };
    request.set_payload(Payload::from(body));
    let refusal = match flows.begin_reply(&key).await {
        Ok(Standing::New) => return answer(request, next, &flows, &key).await,
        Ok(Standing::Answered(reply)) => return Ok(request.into_response(replayed(reply))),
        Ok(Standing::UnderWay) => Problem::of(
            StatusCode::CONFLICT,
            format!("{FIELD}: the same request is being answered; try again"),
        )
        .in_field(FIELD)
        .retry_after(1),
        Ok(Standing::Another) => Problem::of(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("{FIELD}: was used for another request"),
        )
        .in_field(FIELD),
        Err(error) => problem(error),
    };
    Ok(request.into_response(refusal.error_response()))
}

async fn answer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    flows: &Flows,
    key: &ReplyKey,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let answered = match next.call(request).await {
        Ok(answered) if answered.status().is_success() => answered,
        other => {
            forget(flows, key).await;
            return other.map(ServiceResponse::map_into_boxed_body);
        }
    };
    let (request, response) = answered.into_parts();
    let (head, body) = response.into_parts();
    let Ok(body) = to_bytes(body).await else {
        forget(flows, key).await;
        let broken = Problem::of(StatusCode::INTERNAL_SERVER_ERROR, "internal error");
        return Err(broken.into());
    };
    let text = |name: header::HeaderName| {
        let value = head.headers().get(name);
        let value = value.and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let reply = Reply {
        status: head.status().as_u16(),
        location: text(header::LOCATION),
        etag: text(header::ETAG),
        media_type: text(header::CONTENT_TYPE),
        secret: text(header::CACHE_CONTROL) == "no-store",
        body: body.to_vec(),
    };
    if let Err(error) = flows.keep_reply(key, reply).await {
        // It is done, and the caller should hear so; only to be repeated it is not, until a minute has passed.
        tracing::error!(error = chain(&error), "a reply is not kept");
    }
    Ok(ServiceResponse::new(
        request,
        head.set_body(BoxBody::new(body)),
    ))
}

async fn forget(flows: &Flows, key: &ReplyKey) {
    if let Err(error) = flows.forget_reply(key).await {
        tracing::warn!(error = chain(&error), "a failed request is not forgotten");
    }
}

/// Whoever may call this operation, when it is one that may be repeated by a key.
fn caller_of(request: &ServiceRequest) -> Option<String> {
    if request.method() != Method::POST || request.path() == ISSUANCE {
        return None;
    }
    caller::name_of_permitted(request.request())
}

fn digest_of(request: &ServiceRequest, body: &[u8]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    let target = request.uri().to_string();
    for part in [
        request.method().as_str().as_bytes(),
        target.as_bytes(),
        body,
    ] {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    hex::encode(context.finish())
}

fn replayed(reply: Reply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    response.insert_header((REPLAYED, "true"));
    let headers = [
        (header::LOCATION, reply.location),
        (header::ETAG, reply.etag),
        (header::CONTENT_TYPE, reply.media_type),
    ];
    for (name, value) in headers {
        if !value.is_empty() {
            response.insert_header((name, value));
        }
    }
    if reply.secret {
        response.insert_header((header::CACHE_CONTROL, "no-store"));
    }
    response.body(reply.body)
}

//! The service from the outside.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use shop_auth::PasswordPolicy;
use shop_domain::Currency;
use shop_server::{AppState, Config, jobs, router};
use tower::ServiceExt;

fn state() -> AppState {
    AppState::open(Config {
        listen: ([127, 0, 0, 1], 0).into(),
        database: None,
        currency: Currency::Eur,
        token_secret: "a secret for the tests".into(),
        session_idle: Duration::from_secs(60),
        passwords: PasswordPolicy {
            memory_kib: 64,
            iterations: 1,
            ..PasswordPolicy::default()
        },
    })
    .unwrap()
}

/// Sends a request and returns the status with the body.
async fn send(app: &Router, token: &str, line: &str, body: Value) -> (StatusCode, String) {
    let (method, uri) = line.split_once(' ').unwrap();
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

fn field(body: &str, pointer: &str) -> Value {
    let value: Value = serde_json::from_str(body).unwrap();
    value.pointer(pointer).cloned().unwrap_or_default()
}

fn address() -> Value {
    json!({ "street": "Am Ufer 2", "postal_code": "99999", "city": "Seeheim", "region": "DE" })
}

#[tokio::test]
async fn a_visitor_can_look_around() {
    let app = router(state());
    let (status, body) = send(&app, "", "GET /products?size=2", Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(field(&body, "/pages"), 3);

    let (_, body) = send(&app, "", "GET /search?q=tea", Value::Null).await;
    assert_eq!(field(&body, "/0/sku"), "OOLONG-250");
    assert_eq!(field(&body, "/1/sku"), "TEAPOT-1L");

    let basket = json!({ "region": "DE", "lines": [{ "sku": "MUG-BLUE", "quantity": 2 }] });
    let (_, body) = send(&app, "", "POST /quote", basket.clone()).await;
    assert_eq!(field(&body, "/total/minor"), 2261);

    let form = json!({ "basket": basket, "address": address() });
    let (_, body) = send(&app, "", "POST /shipping", form).await;
    assert_eq!(field(&body, "/carrier"), "Velo Kurier");
}

#[tokio::test]
async fn mistakes_are_explained() {
    let app = router(state());
    let basket = json!({ "region": "DE", "lines": [{ "sku": "NOPE", "quantity": 1 }] });
    let (status, body) = send(&app, "", "POST /quote", basket.clone()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(field(&body, "/error"), "there is no product NOPE");

    let (status, _) = send(&app, "forged.token", "POST /orders", basket).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = send(&app, "", "POST /thumbnails", json!("no picture")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_customer_can_buy() {
    let state = state();
    let app = router(state.clone());
    let account = json!({
        "email": "ada@example.org",
        "password": "seven blue herons",
        "name": "Ada",
        "address": address(),
    });
    let (status, _) = send(&app, "", "POST /register", account.clone()).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, _) = send(&app, "", "POST /register", account.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT);

    let (_, body) = send(&app, "", "POST /login", account).await;
    let token = field(&body, "/token").as_str().unwrap().to_owned();
    let basket = json!({
        "region": "DE",
        "lines": [{ "sku": "TEAPOT-1L", "quantity": 1 }],
        "coupon": "welcome",
    });
    let (status, body) = send(&app, &token, "POST /orders", basket).await;
    assert_eq!(status, StatusCode::CREATED);
    let id = field(&body, "/id");

    let line = format!("GET /orders/{id}/invoice?format=text&lang=de");
    let (_, invoice) = send(&app, &token, &line, Value::Null).await;
    assert!(invoice.contains("Coupon WELCOME: -3,49\u{a0}€"));
    assert!(invoice.contains("Gesamt: 37,38\u{a0}€"));

    let line = format!("GET /orders/{id}/instalments?parts=3");
    let (_, body) = send(&app, &token, &line, Value::Null).await;
    assert_eq!(field(&body, "/2/minor"), 1246);

    let (status, _) = send(&app, &token, "GET /admin/report", Value::Null).await;
    assert_eq!(status, StatusCode::FORBIDDEN);

    jobs::tidy_up(&state).await.unwrap();
    assert_eq!(state.mailer().flush(|_| ()), 0);
    let (status, _) = send(&app, &token, "POST /logout", Value::Null).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let line = format!("GET /orders/{id}");
    let (status, _) = send(&app, &token, &line, Value::Null).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

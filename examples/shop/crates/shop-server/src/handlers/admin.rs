//! For those who run the shop.

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use shop_domain::prelude::*;
use shop_render::Locale;
use shop_render::csv::to_csv;
use shop_render::report::{monthly_sales, sales_chart};

use super::catalog;
use crate::db::orders;
use crate::error::ApiError;
use crate::middleware::Admin;
use crate::state::AppState;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/report", get(report))
        .route("/orders.csv", get(export_orders))
        .route("/products.csv", get(export_products))
        .route("/orders/{id}/status", post(set_status))
}

async fn report(State(state): State<AppState>, _: Admin) -> Result<String, ApiError> {
    let orders = state
        .database()
        .call(|connection| orders::all(connection))
        .await?;
    let sales = monthly_sales(state.config().currency, &orders).map_err(ApiError::internal)?;
    Ok(sales_chart(&sales, Locale::default()))
}

async fn export_orders(
    State(state): State<AppState>,
    _: Admin,
) -> Result<impl IntoResponse, ApiError> {
    let orders = state
        .database()
        .call(|connection| orders::all(connection))
        .await?;
    Ok(csv(to_csv(&orders)))
}

async fn export_products(
    State(state): State<AppState>,
    _: Admin,
) -> Result<impl IntoResponse, ApiError> {
    Ok(csv(to_csv(catalog::load(&state).await?.iter())))
}

async fn set_status(
    State(state): State<AppState>,
    _: Admin,
    Path(id): Path<i64>,
    Json(status): Json<OrderStatus>,
) -> Result<Json<Order>, ApiError> {
    let mut order = state
        .database()
        .call(move |connection| orders::find(connection, OrderId::new(id)))
        .await?
        .ok_or(ApiError::NotFound("order"))?;
    order.advance(status)?;
    let order = state
        .database()
        .call(move |connection| orders::set_status(connection, &order).map(|()| order))
        .await?;
    Ok(Json(order))
}

fn csv(body: String) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/csv; charset=utf-8")], body)
}

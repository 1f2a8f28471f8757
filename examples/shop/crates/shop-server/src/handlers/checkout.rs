//! From the basket to the invoice.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::Deserialize;
use shop_domain::prelude::*;
use shop_domain::price_basket;
use shop_domain::pricing::split_evenly;
use shop_render::invoice::{OutputFormat, RenderOptions, render_invoice};

use super::catalog;
use crate::db::{coupons, customers, orders};
use crate::error::ApiError;
use crate::mailer::Mail;
use crate::middleware::LoggedIn;
use crate::shipping::{Parcel, ShippingEstimate, Speed, estimate_shipping};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub(super) struct BasketForm {
    region: Region,
    lines: Vec<BasketLine>,
    coupon: Option<String>,
}

impl BasketForm {
    fn basket(&self, tier: Tier, day: Date) -> Basket {
        let mut basket = Basket::new(self.region, day).for_tier(tier);
        for line in &self.lines {
            basket.add(line.sku.clone(), line.quantity);
        }
        basket
    }
}

async fn price(state: &AppState, form: &BasketForm, tier: Tier) -> Result<Quote, ApiError> {
    let catalog = catalog::load(state).await?;
    let coupon = match form.coupon.clone() {
        Some(code) => Some(
            state
                .database()
                .call(move |connection| coupons::find(connection, &code))
                .await?
                .ok_or(ApiError::NotFound("coupon"))?,
        ),
        None => None,
    };
    let basket = form.basket(tier, state.today());
    Ok(price_basket(&basket, &catalog, coupon.as_ref())?)
}

pub(super) async fn quote(
    State(state): State<AppState>,
    Json(form): Json<BasketForm>,
) -> Result<Json<Quote>, ApiError> {
    price(&state, &form, Tier::default()).await.map(Json)
}

#[derive(Debug, Deserialize)]
pub(super) struct ShippingForm {
    basket: BasketForm,
    address: Address,
    #[serde(default)]
    speed: Speed,
}

pub(super) async fn shipping(
    State(state): State<AppState>,
    Json(form): Json<ShippingForm>,
) -> Result<Json<ShippingEstimate>, ApiError> {
    let catalog = catalog::load(&state).await?;
    let basket = form.basket.basket(Tier::default(), state.today());
    let quote = price_basket(&basket, &catalog, None)?;
    let parcel = Parcel {
        weight_grams: basket.weight_grams(&catalog),
        value: quote.total,
    };
    let estimate = estimate_shipping(&parcel, &form.address, form.speed).await?;
    Ok(Json(estimate))
}

pub(super) async fn place(
    State(state): State<AppState>,
    who: LoggedIn,
    Json(form): Json<BasketForm>,
) -> Result<(StatusCode, Json<Order>), ApiError> {
    let customer = load_customer(&state, who.customer).await?;
    let quote = price(&state, &form, customer.tier).await?;
    let (id, today) = (customer.id, state.today());
    let order = state
        .database()
        .call(move |connection| orders::insert(connection, id, today, quote))
        .await?;
    state.mailer().queue(Mail::order_placed(&customer, &order));
    Ok((StatusCode::CREATED, Json(order)))
}

pub(super) async fn show(
    State(state): State<AppState>,
    who: LoggedIn,
    Path(id): Path<i64>,
) -> Result<Json<Order>, ApiError> {
    load_order(&state, &who, id).await.map(Json)
}

#[derive(Debug, Deserialize)]
pub(super) struct InstalmentsQuery {
    parts: u32,
}

pub(super) async fn instalments(
    State(state): State<AppState>,
    who: LoggedIn,
    Path(id): Path<i64>,
    Query(query): Query<InstalmentsQuery>,
) -> Result<Json<Vec<Money>>, ApiError> {
    const MAX_PARTS: u32 = 24;

    let order = load_order(&state, &who, id).await?;
    let parts = query.parts.clamp(1, MAX_PARTS);
    Ok(Json(split_evenly(order.total(), parts)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct InvoiceQuery {
    format: OutputFormat,
    lang: Option<String>,
}

pub(super) async fn invoice(
    State(state): State<AppState>,
    who: LoggedIn,
    Path(id): Path<i64>,
    Query(query): Query<InvoiceQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let order = load_order(&state, &who, id).await?;
    let customer = load_customer(&state, order.customer).await?;
    let invoice = Invoice::for_order(
        InvoiceId::new(order.id.get()),
        &order,
        state.seller(),
        &customer,
        order.placed_on,
    );
    let options = RenderOptions {
        format: query.format,
        locale: query
            .lang
            .and_then(|lang| lang.parse().ok())
            .unwrap_or_default(),
        ..RenderOptions::default()
    };
    let body = render_invoice(&invoice, &options)?;
    Ok(([(CONTENT_TYPE, query.format.media_type())], body))
}

async fn load_customer(state: &AppState, id: CustomerId) -> Result<Customer, ApiError> {
    let since = Date::from_unix_days(state.today().to_unix_days() - 365);
    state
        .database()
        .call(move |connection| customers::load(connection, id, since))
        .await?
        .ok_or(ApiError::NotFound("customer"))
}

/// Loads an order, but only for those who may see it.
async fn load_order(state: &AppState, who: &LoggedIn, id: i64) -> Result<Order, ApiError> {
    state
        .database()
        .call(move |connection| orders::find(connection, OrderId::new(id)))
        .await?
        .filter(|order| who.admin || order.customer == who.customer)
        .ok_or(ApiError::NotFound("order"))
}

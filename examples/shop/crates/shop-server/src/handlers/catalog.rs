//! Looking around.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use serde::Deserialize;
use shop_domain::page::{Page, PageRequest};
use shop_domain::prelude::*;
use shop_domain::search::SearchIndex;
use shop_render::thumbnail;

use crate::db::products;
use crate::error::ApiError;
use crate::state::AppState;

const MAX_HITS: usize = 50;

/// Everything that is on sale.
pub(super) async fn load(state: &AppState) -> Result<Catalog, ApiError> {
    let currency = state.config().currency;
    let catalog = state
        .database()
        .call(move |connection| products::load_catalog(connection, currency))
        .await?;
    Ok(catalog)
}

pub(super) async fn list(
    State(state): State<AppState>,
    Query(request): Query<PageRequest>,
) -> Result<Json<Page<Product>>, ApiError> {
    let products: Vec<Product> = load(&state).await?.iter().cloned().collect();
    Ok(Json(Page::cut(products.into_iter(), request)))
}

#[derive(Debug, Deserialize)]
pub(super) struct SearchQuery {
    q: String,
}

pub(super) async fn search(
    State(state): State<AppState>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<Vec<Product>>, ApiError> {
    let catalog = load(&state).await?;
    let hits = SearchIndex::build(&catalog).find(&query.q, MAX_HITS);
    let products = hits.iter().filter_map(|sku| catalog.get(sku)).cloned();
    Ok(Json(products.collect()))
}

#[derive(Debug, Deserialize)]
pub(super) struct ThumbnailQuery {
    #[serde(default = "default_side")]
    side: u32,
}

fn default_side() -> u32 {
    256
}

pub(super) async fn make_thumbnail(
    Query(query): Query<ThumbnailQuery>,
    picture: Bytes,
) -> Result<Vec<u8>, ApiError> {
    let small = tokio::task::spawn_blocking(move || thumbnail(&picture, query.side))
        .await
        .map_err(ApiError::internal)??;
    Ok(small)
}

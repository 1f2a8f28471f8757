//! Registering, logging in and logging out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use shop_auth::{Claims, hash_password, verify_password};
use shop_domain::prelude::*;

use crate::db::customers::{self, Profile};
use crate::error::ApiError;
use crate::middleware::LoggedIn;
use crate::state::AppState;

const TOKEN_SECONDS: u64 = 12 * 60 * 60;

#[derive(Debug, Deserialize)]
pub(super) struct Registration {
    email: Email,
    password: String,
    #[serde(flatten)]
    profile: Profile,
}

#[derive(Debug, Serialize)]
pub(super) struct Registered {
    id: CustomerId,
}

pub(super) async fn register(
    State(state): State<AppState>,
    Json(form): Json<Registration>,
) -> Result<(StatusCode, Json<Registered>), ApiError> {
    let policy = state.config().passwords.clone();
    let hash = blocking(move || hash_password(&form.password, &policy)).await??;
    let id = state
        .database()
        .call(move |connection| customers::insert(connection, &form.email, &hash, &form.profile))
        .await?
        .ok_or_else(|| ApiError::Conflict("this address is registered already".to_owned()))?;
    Ok((StatusCode::CREATED, Json(Registered { id })))
}

#[derive(Debug, Deserialize)]
pub(super) struct Login {
    email: Email,
    password: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Token {
    token: String,
}

pub(super) async fn login(
    State(state): State<AppState>,
    Json(form): Json<Login>,
) -> Result<Json<Token>, ApiError> {
    let found = state
        .database()
        .call(move |connection| customers::credentials(connection, &form.email))
        .await?
        .ok_or(ApiError::Unauthorized)?;
    let hash = found.password_hash;
    if !blocking(move || verify_password(&form.password, &hash)).await?? {
        return Err(ApiError::Unauthorized);
    }
    let claims = Claims {
        subject: found.id.to_string(),
        expires_at: state.now() + TOKEN_SECONDS,
        admin: found.admin,
    };
    let token = state.key().sign(&claims)?;
    state.sessions().start(&token, claims.subject);
    Ok(Json(Token { token }))
}

pub(super) async fn logout(State(state): State<AppState>, who: LoggedIn) -> StatusCode {
    state.sessions().end(&who.token);
    StatusCode::NO_CONTENT
}

/// Runs what keeps a core busy away from the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(ApiError::internal)
}

//! Errors as clients get to see them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use shop_auth::{PasswordError, TokenError};
use shop_domain::order::OrderError;
use shop_domain::pricing::PricingError;
use shop_render::{RenderError, ThumbnailError};
use thiserror::Error;

use crate::db::DbError;
use crate::shipping::ShippingError;

/// Everything a handler can fail with.
#[derive(Debug, Error)]
pub enum ApiError {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("please log in")]
    Unauthorized,
    #[error("this is not for you")]
    Forbidden,
    #[error("{0}")]
    Conflict(String),
    #[error(transparent)]
    Pricing(#[from] PricingError),
    #[error(transparent)]
    Shipping(#[from] ShippingError),
    #[error(transparent)]
    Thumbnail(#[from] ThumbnailError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("something went wrong")]
    Database(#[from] DbError),
    #[error("something went wrong")]
    Render(#[from] RenderError),
    #[error("something went wrong")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ApiError {
    /// Hides a failure from the client.
    pub fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Pricing(_) | Self::Password(_) | Self::Thumbnail(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Shipping(ShippingError::NoAnswer) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Shipping(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Database(_) | Self::Render(_) | Self::Internal(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        tracing::debug!(%error, "refused a token");
        Self::Unauthorized
    }
}

impl From<OrderError> for ApiError {
    fn from(error: OrderError) -> Self {
        Self::Conflict(error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(error = ?self, "a request failed");
        }
        (status, Json(json!({ "error": self.to_string() }))).into_response()
    }
}

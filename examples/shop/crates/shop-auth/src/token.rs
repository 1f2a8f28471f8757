//! Signed tokens: the claims in JSON and an HMAC over them, both in Base64.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::compare::constant_time_eq;

/// What a token says about its bearer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    #[serde(rename = "sub")]
    pub subject: String,
    /// In seconds since 1970.
    #[serde(rename = "exp")]
    pub expires_at: u64,
    #[serde(default)]
    pub admin: bool,
}

/// Why a token is not accepted.
#[derive(Debug, Error)]
pub enum TokenError {
    #[error("the token is malformed")]
    Malformed,
    #[error("the signature of the token is wrong")]
    BadSignature,
    #[error("the token has expired")]
    Expired,
    #[error("the claims of the token cannot be read: {0}")]
    Claims(#[from] serde_json::Error),
}

impl From<base64::DecodeError> for TokenError {
    fn from(_: base64::DecodeError) -> Self {
        Self::Malformed
    }
}

/// The key that signs tokens.
#[derive(Clone)]
pub struct TokenKey {
    secret: Vec<u8>,
}

/// Keeps the secret out of the logs.
impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey").finish_non_exhaustive()
    }
}

impl TokenKey {
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self {
            secret: secret.into(),
        }
    }

    /// Makes a token of the claims.
    pub fn sign(&self, claims: &Claims) -> Result<String, TokenError> {
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims)?);
        let signature = hmac_sha256(&self.secret, payload.as_bytes());
        Ok(format!("{payload}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Returns the claims of a token that is genuine and still valid.
    pub fn verify(&self, token: &str, now: u64) -> Result<Claims, TokenError> {
        let (payload, signature) = token.split_once('.').ok_or(TokenError::Malformed)?;
        let signature = URL_SAFE_NO_PAD.decode(signature)?;
        let expected = hmac_sha256(&self.secret, payload.as_bytes());
        if !constant_time_eq(&signature, &expected) {
            return Err(TokenError::BadSignature);
        }
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?;
        if claims.expires_at <= now {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }
}

/// The keyed hash of RFC 2104.
fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;

    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn hmac_agrees_with_rfc_4231() {
        assert_eq!(
            hex(&hmac_sha256(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn tampering_is_noticed() {
        let key = TokenKey::new("key");
        let claims = Claims {
            subject: "cus_1".into(),
            expires_at: 1000,
            admin: false,
        };
        let token = key.sign(&claims).unwrap();
        assert_eq!(key.verify(&token, 999).unwrap(), claims);
        assert!(matches!(key.verify(&token, 1000), Err(TokenError::Expired)));

        let other = TokenKey::new("another key").sign(&claims).unwrap();
        assert!(matches!(
            key.verify(&other, 0),
            Err(TokenError::BadSignature)
        ));
        assert!(matches!(key.verify("x", 0), Err(TokenError::Malformed)));
    }

    #[test]
    fn secrets_are_not_printed() {
        assert_eq!(format!("{:?}", TokenKey::new("key")), "TokenKey { .. }");
    }
}

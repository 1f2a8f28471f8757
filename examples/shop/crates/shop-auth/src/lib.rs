//! Who is allowed to do what: passwords, tokens and sessions.

mod compare;
pub mod password;
pub mod session;
pub mod token;

pub use compare::constant_time_eq;
pub use password::{PasswordError, PasswordPolicy, hash_password, verify_password};
pub use session::{Clock, Session, SessionStore, SystemClock};
pub use token::{Claims, TokenError, TokenKey};

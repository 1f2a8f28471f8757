//! From the password to the session.

use std::time::Duration;

use shop_auth::{
    Claims, Clock, PasswordPolicy, SessionStore, SystemClock, TokenKey, hash_password,
    verify_password,
};

#[test]
fn a_login_from_start_to_end() {
    let policy = PasswordPolicy {
        memory_kib: 64,
        iterations: 1,
        ..PasswordPolicy::default()
    };
    let hash = hash_password("seven blue herons", &policy).unwrap();
    assert!(verify_password("seven blue herons", &hash).unwrap());

    let key = TokenKey::new(b"0123456789abcdef".as_slice());
    let clock = SystemClock;
    let claims = Claims {
        subject: "cus_9".into(),
        expires_at: clock.now() + 3600,
        admin: true,
    };
    let token = key.sign(&claims).unwrap();

    let sessions = SessionStore::new(clock, Duration::from_secs(900));
    sessions.start(&token, claims.subject.as_str());
    assert_eq!(sessions.touch(&token).unwrap().subject, "cus_9");
    assert!(key.verify(&token, clock.now()).unwrap().admin);
    assert!(sessions.end(&token));
    assert_eq!(sessions.touch(&token), None);
}

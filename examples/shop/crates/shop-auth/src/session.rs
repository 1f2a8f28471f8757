//! Sessions that end when nobody uses them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

/// Tells the time.
pub trait Clock {
    /// Seconds since 1970.
    fn now(&self) -> u64;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |elapsed| elapsed.as_secs())
    }
}

/// Someone who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub subject: String,
    pub started_at: u64,
    last_seen: u64,
}

/// All sessions of the process. It keeps only digests of the tokens, so that
/// a dump of the memory does not log anyone in.
#[derive(Debug)]
pub struct SessionStore<C = SystemClock> {
    clock: C,
    idle_limit: Duration,
    sessions: Mutex<HashMap<[u8; 32], Session>>,
}

impl<C: Clock> SessionStore<C> {
    /// A store whose sessions end after `idle_limit` without a request.
    pub fn new(clock: C, idle_limit: Duration) -> Self {
        Self {
            clock,
            idle_limit,
            sessions: Mutex::default(),
        }
    }

    /// Remembers that the bearer of `token` is logged in.
    pub fn start(&self, token: &str, subject: impl Into<String>) {
        let now = self.clock.now();
        let session = Session {
            subject: subject.into(),
            started_at: now,
            last_seen: now,
        };
        self.lock().insert(digest(token), session);
    }

    /// The session of `token`, which counts as used.
    pub fn touch(&self, token: &str) -> Option<Session> {
        let now = self.clock.now();
        let mut sessions = self.lock();
        let session = sessions.get_mut(&digest(token))?;
        if self.is_idle(session, now) {
            sessions.remove(&digest(token));
            return None;
        }
        session.last_seen = now;
        Some(session.clone())
    }

    /// Logs the bearer of `token` out.
    pub fn end(&self, token: &str) -> bool {
        self.lock().remove(&digest(token)).is_some()
    }

    /// Forgets the sessions nobody uses and returns how many there were.
    pub fn sweep(&self) -> usize {
        let now = self.clock.now();
        let mut sessions = self.lock();
        let before = sessions.len();
        sessions.retain(|_, session| !self.is_idle(session, now));
        before - sessions.len()
    }

    fn is_idle(&self, session: &Session, now: u64) -> bool {
        now.saturating_sub(session.last_seen) > self.idle_limit.as_secs()
    }

    /// Every change is complete once made, so a panic elsewhere does no harm.
    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[derive(Default)]
    struct FakeClock(Cell<u64>);

    impl Clock for &FakeClock {
        fn now(&self) -> u64 {
            self.0.get()
        }
    }

    #[test]
    fn idle_sessions_end() {
        let clock = FakeClock::default();
        let store = SessionStore::new(&clock, Duration::from_secs(60));
        store.start("a", "cus_1");
        store.start("b", "cus_2");

        clock.0.set(50);
        assert_eq!(store.touch("a").unwrap().subject, "cus_1");
        clock.0.set(100);
        assert!(store.touch("b").is_none());
        assert!(store.touch("a").is_some());
        clock.0.set(200);
        assert_eq!(store.sweep(), 1);
    }

    #[test]
    fn logging_out_works_once() {
        let store = SessionStore::new(SystemClock, Duration::from_secs(60));
        store.start("a", "cus_1");
        assert!(store.end("a"));
        assert!(!store.end("a"));
    }
}

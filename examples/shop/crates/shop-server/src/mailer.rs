//! Mails to customers, queued until the background job sends them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use shop_domain::prelude::*;

/// A mail that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub to: Email,
    pub subject: String,
    pub body: String,
}

impl Mail {
    /// Thanks a customer for an order.
    pub fn order_placed(customer: &Customer, order: &Order) -> Self {
        Self {
            to: customer.email.clone(),
            subject: format!("Your order {}", order.id),
            body: format!(
                "Dear {},\n\nthank you for your order of {}. We pack it once it is paid.\n",
                customer.name,
                order.total()
            ),
        }
    }
}

/// The outbox.
#[derive(Debug, Default)]
pub struct Mailer {
    outbox: Mutex<VecDeque<Mail>>,
}

impl Mailer {
    /// Puts a mail into the outbox.
    pub fn queue(&self, mail: Mail) {
        self.outbox
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(mail);
    }

    /// Hands everything in the outbox to `send`, outside of the lock.
    pub fn flush(&self, mut send: impl FnMut(&Mail)) -> usize {
        let mails =
            std::mem::take(&mut *self.outbox.lock().unwrap_or_else(PoisonError::into_inner));
        mails.iter().for_each(&mut send);
        mails.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_are_sent_once_and_in_order() {
        let mailer = Mailer::default();
        for subject in ["one", "two"] {
            mailer.queue(Mail {
                to: Email::try_from("ada@example.org".to_owned()).unwrap(),
                subject: subject.into(),
                body: String::new(),
            });
        }
        let mut sent = Vec::new();
        assert_eq!(mailer.flush(|mail| sent.push(mail.subject.clone())), 2);
        assert_eq!(sent, ["one", "two"]);
        assert_eq!(mailer.flush(|_| ()), 0);
    }
}

//! Logins that are being begun: the QR is being fetched, and there is no wId yet.
//!
//! Nothing of this is stored. A request that ends with the process was never acknowledged.

use std::collections::HashMap;
use std::sync::Arc;

use wxlogin_state::WcId;

use super::{Begun, Denied, LoginRequest, Reply};
use crate::platform::{IssuedQr, Trouble};

/// The platform's answer to a request for a QR.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) ticket: Ticket,
    pub(super) result: Result<IssuedQr, Trouble>,
}

/// Names a request for a QR within this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ticket(u64);

/// The requests for a QR that the platform has not answered.
#[derive(Debug, Default)]
pub(super) struct Beginnings {
    issued: u64,
    open: HashMap<Ticket, Beginning>,
    by_account: HashMap<WcId, Ticket>,
}

/// One of them, and who waits for it.
#[derive(Debug)]
pub(super) struct Beginning {
    pub(super) request: LoginRequest,
    pub(super) waiting: Vec<Reply<Begun>>,
}

impl Beginnings {
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Joins the request for the same account that is on its way; gives the reply back where there is none.
    pub(super) fn join(&mut self, request: &LoginRequest, reply: Reply<Begun>) -> Result<(), Reply<Begun>> {
        let ticket = request.wc_id.as_ref().and_then(|wc_id| self.by_account.get(wc_id));
        match ticket.and_then(|ticket| self.open.get_mut(ticket)) {
            Some(beginning) => {
                beginning.waiting.push(reply);
                Ok(())
            }
            None => Err(reply),
        }
    }

    /// Notes a new request.
    pub(super) fn start(&mut self, request: LoginRequest, reply: Reply<Begun>) -> Ticket {
        self.issued += 1;
        let ticket = Ticket(self.issued);
        if let Some(wc_id) = &request.wc_id {
            self.by_account.insert(wc_id.clone(), ticket);
        }
        self.open.insert(ticket, Beginning { request, waiting: vec![reply] });
        ticket
    }

    /// The request is answered.
    pub(super) fn finish(&mut self, ticket: Ticket) -> Option<Beginning> {
        let beginning = self.open.remove(&ticket)?;
        if let Some(wc_id) = &beginning.request.wc_id {
            self.by_account.remove(wc_id);
        }
        Some(beginning)
    }
}

/// Tells everybody who waits that there is no QR.
pub(super) fn refuse(waiting: Vec<Reply<Begun>>, denied: &Denied) {
    for reply in waiting {
        // Whoever gave up waiting needs no answer.
        let _ = reply.send(Err(denied.clone()));
    }
}

/// The driver's word for the platform's trouble.
pub(super) fn denied(trouble: Trouble) -> Denied {
    Denied::Platform(Arc::new(trouble))
}

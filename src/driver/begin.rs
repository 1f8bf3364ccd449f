//! Logins that are being begun: the QR is being fetched, and there is no wId yet.
//!
//! Nothing of this is stored. A request that ends with the process was never acknowledged.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wxlogin_state::WcId;

use super::handle::{Begun, Driver, LoginRequest, Reply};
use crate::platform::{IssuedQr, Platform, QrRequest, Trouble};

/// The platform's answer to a request for a QR.
#[derive(Debug)]
pub(super) struct Issued {
    ticket: Ticket,
    pub(super) result: Result<IssuedQr, Trouble>,
}

/// Names a request for a QR within this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Ticket(u64);

/// The requests for a QR that the platform has not answered.
#[derive(Debug)]
pub(super) struct Beginnings {
    platform: Platform,
    driver: Driver,
    tasks: TaskTracker,
    /// Ends the requests that are still out when the driver ends.
    end: CancellationToken,
    issued: u64,
    open: HashMap<Ticket, Beginning>,
    by_account: HashMap<WcId, Ticket>,
    by_request: HashMap<Arc<str>, Ticket>,
}

/// One of them, and who waits for it; the first one asked.
#[derive(Debug)]
pub(super) struct Beginning {
    pub(super) request: LoginRequest,
    pub(super) waiting: Vec<Reply<Begun>>,
}

impl Beginnings {
    /// None yet. Their tasks are tracked by `tasks` and report to `driver`.
    pub(super) fn new(platform: Platform, driver: Driver, tasks: TaskTracker) -> Self {
        Self {
            platform,
            driver,
            tasks,
            end: CancellationToken::new(),
            issued: 0,
            open: HashMap::new(),
            by_account: HashMap::new(),
            by_request: HashMap::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Joins what is on its way for the same account or by the same name; gives the reply back where nothing is.
    pub(super) fn join(&mut self, request: &LoginRequest, reply: Reply<Begun>) -> Result<(), Reply<Begun>> {
        let for_account = request.wc_id.as_ref().and_then(|wc_id| self.by_account.get(wc_id));
        let by_name = || request.request_key.as_ref().and_then(|key| self.by_request.get(key));
        match for_account.or_else(by_name).and_then(|ticket| self.open.get_mut(ticket)) {
            Some(beginning) => {
                beginning.waiting.push(reply);
                beginning.request.force |= request.force;
                Ok(())
            }
            None => Err(reply),
        }
    }

    /// Asks the platform for a QR; its answer comes back by the driver's inbox.
    pub(super) fn start(&mut self, request: LoginRequest, reply: Reply<Begun>) {
        self.issued += 1;
        let ticket = Ticket(self.issued);
        self.fetch(ticket, &request);
        if let Some(wc_id) = &request.wc_id {
            self.by_account.insert(wc_id.clone(), ticket);
        }
        if let Some(key) = &request.request_key {
            self.by_request.insert(key.clone(), ticket);
        }
        self.open.insert(ticket, Beginning { request, waiting: vec![reply] });
    }

    fn fetch(&self, ticket: Ticket, request: &LoginRequest) {
        let asked = QrRequest {
            wc_id: request.wc_id.clone().filter(|_| !request.new_device),
            device: request.device,
            proxy: request.proxy.clone(),
        };
        let (platform, driver) = (self.platform.clone(), self.driver.clone());
        let fetch = async move {
            let result = platform.issue_qr(&asked).await;
            driver.issued(Issued { ticket, result }).await;
        };
        let end = self.end.clone();
        self.tasks.spawn(async move { end.run_until_cancelled(fetch).await });
    }

    /// The request is answered.
    pub(super) fn finish(&mut self, issued: &Issued) -> Option<Beginning> {
        let beginning = self.open.remove(&issued.ticket)?;
        if let Some(wc_id) = &beginning.request.wc_id {
            self.by_account.remove(wc_id);
        }
        if let Some(key) = &beginning.request.request_key {
            self.by_request.remove(key);
        }
        Some(beginning)
    }

    /// Ends those that are still out; who waits for them hears that the driver has ended.
    pub(super) fn stop(&mut self) {
        self.end.cancel();
        self.open.clear();
    }
}

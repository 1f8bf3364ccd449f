//! Logins that are being begun: the QR is being fetched, and there is no wId yet.
//!
//! Nothing of this is stored. A request that ends with the process was never acknowledged.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};
use wxlogin_state::{Input, Known, Method, Refusal, StateName, Tending, WId, WcId};

use super::answer::Answer;
use super::handle::{Begun, Denied, Driver, LoginRequest, Reply};
use super::relogins::note;
use super::turn::Turn;
use crate::logging;
use crate::platform::{IssuedQr, Platform, QrRequest, Trouble};

/// The platform's answer to a request for a QR.
#[derive(Debug)]
pub(super) struct Issued {
    ticket: Ticket,
    result: Result<IssuedQr, Trouble>,
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
struct Beginning {
    request: LoginRequest,
    waiting: Vec<Reply<Begun>>,
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

    /// Begins a login, joins one that is on its way, or says why not: because logins are not `open`, or because
    /// as many are in flight as there may be (`most`).
    pub(super) fn begin(
        &mut self,
        request: LoginRequest,
        reply: Reply<Begun>,
        open: Result<(), Denied>,
        most: usize,
        turn: &mut Turn<'_>,
    ) -> Option<Answer> {
        if let Some(w_id) = request.request_key.as_deref().and_then(|key| turn.requested_as(key)) {
            return Some(Answer::Begun(vec![reply], Ok(w_id)));
        }
        match open.and_then(|()| on_its_way(&request, turn)) {
            Err(denied) => return Some(Answer::Begun(vec![reply], Err(denied))),
            Ok(Some(w_id)) => return Some(Answer::Joined(reply, w_id)),
            Ok(None) => {}
        }
        if let Err(denied) = may_be_begun(&request, turn) {
            return Some(Answer::Begun(vec![reply], Err(denied)));
        }
        if self.is_fetching_otherwise(&request) {
            return Some(Answer::Begun(vec![reply], Err(Refusal::UnderWay.into())));
        }
        let reply = match self.join(&request, reply) {
            Ok(()) => return None,
            Err(reply) => reply,
        };
        let in_flight = turn.count_in_flight() + self.open.len();
        if in_flight >= most {
            return Some(Answer::Begun(vec![reply], Err(Denied::TooMany(in_flight))));
        }
        self.start(request, vec![reply]);
        None
    }

    /// Begins the login that an account's record asks for, unless a QR is being fetched for it already; says
    /// where as many are in flight as there may be.
    pub(super) fn begin_due(
        &mut self,
        request: LoginRequest,
        in_flight: usize,
        most: usize,
    ) -> Result<(), Denied> {
        let fetched = request.wc_id.as_ref().and_then(|wc_id| self.by_account.get(wc_id));
        if self.is_fetching_otherwise(&request) {
            return Err(Refusal::UnderWay.into());
        }
        if let Some(beginning) = fetched.and_then(|ticket| self.open.get_mut(ticket)) {
            beginning.request.force |= request.force;
            return Ok(());
        }
        let in_flight = in_flight + self.open.len();
        if in_flight >= most {
            return Err(Denied::TooMany(in_flight));
        }
        self.start(request, Vec::new());
        Ok(())
    }

    /// Whether a QR is being fetched for the account.
    pub(super) fn is_fetching(&self, wc_id: &WcId) -> bool {
        self.by_account.contains_key(wc_id)
    }

    /// Whether a QR is being fetched for the account, but not of the kind that is asked for: for its own device, or
    /// for a new one.
    fn is_fetching_otherwise(&self, request: &LoginRequest) -> bool {
        let ticket = request.wc_id.as_ref().and_then(|wc_id| self.by_account.get(wc_id));
        let beginning = ticket.and_then(|ticket| self.open.get(ticket));
        beginning.is_some_and(|beginning| beginning.request.new_device != request.new_device)
    }

    /// Takes in the platform's answer: a session begins, or everybody who waits hears why not. Nothing follows
    /// where only the record of an account wanted it that has been forgotten since.
    pub(super) fn issued(&mut self, issued: Issued, turn: &mut Turn<'_>) -> Option<Answer> {
        let Beginning { request, waiting } = self.finish(&issued)?;
        let wc_id = request.wc_id.clone();
        if waiting.is_empty() && wc_id.as_ref().is_some_and(|wc_id| turn.account(wc_id).is_none()) {
            info!(
                wcId = wc_id.as_ref().map(tracing::field::display),
                "a QR was fetched for nobody: the account was forgotten"
            );
            return None;
        }
        let (begun, no_qr) = match issued.result {
            Ok(qr) => (begin_session(qr, request, turn), false),
            Err(trouble) => {
                warn!(
                    wcId = request.wc_id.as_ref().map(tracing::field::display),
                    error = &trouble as &dyn Error,
                    body = trouble.body_excerpt(),
                    "the platform issued no QR"
                );
                let no_qr = trouble.is_refusal() || matches!(trouble, Trouble::Unreachable(_));
                (Err(Denied::Platform(Arc::new(trouble))), no_qr)
            }
        };
        if let (Some(wc_id), Err(denied)) = (wc_id, &begun) {
            let what = logging::chain(denied);
            note(&wc_id, turn.tend(&wc_id, Tending::CallFailed { what, no_qr }));
        }
        Some(Answer::Begun(waiting, begun))
    }

    /// Joins what is on its way for the same account or by the same name; gives the reply back where nothing is.
    fn join(&mut self, request: &LoginRequest, reply: Reply<Begun>) -> Result<(), Reply<Begun>> {
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
    fn start(&mut self, request: LoginRequest, waiting: Vec<Reply<Begun>>) {
        self.issued += 1;
        let ticket = Ticket(self.issued);
        self.fetch(ticket, &request);
        if let Some(wc_id) = &request.wc_id {
            self.by_account.insert(wc_id.clone(), ticket);
        }
        if let Some(key) = &request.request_key {
            self.by_request.insert(key.clone(), ticket);
        }
        self.open.insert(ticket, Beginning { request, waiting });
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
    fn finish(&mut self, issued: &Issued) -> Option<Beginning> {
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

/// Refuses a login that would make a new device of a known account without anybody having said so, and one of
/// an account whose phone shows a box to confirm.
fn may_be_begun(request: &LoginRequest, turn: &Turn<'_>) -> Result<(), Denied> {
    let labelled = request.label.as_ref().filter(|_| request.wc_id.is_none());
    let labelled = labelled.and_then(|label| Some((label, turn.labelled(label)?)));
    if let Some((label, wc_id)) = &labelled
        && !request.new_device
    {
        return Err(Denied::KnownLabel { label: (*label).clone(), wc_id: wc_id.clone() });
    }
    let Some(wc_id) = request.wc_id.as_ref().or(labelled.as_ref().map(|(_, wc_id)| wc_id)) else {
        return Ok(());
    };
    if turn.account(wc_id).is_some_and(|account| account.call() == Some(Method::PopUp)) {
        return Err(Refusal::PopUpShown.into());
    }
    // One that may be joined has been, by now.
    if turn.live_sessions(wc_id).iter().any(|session| session.state.name().is_in_flight()) {
        return Err(Refusal::UnderWay.into());
    }
    Ok(())
}

/// The login of the same account that somebody is still to complete; a refusal where none may be begun.
fn on_its_way(request: &LoginRequest, turn: &mut Turn<'_>) -> Result<Option<WId>, Denied> {
    let Some(wc_id) = &request.wc_id else { return Ok(None) };
    for session in turn.live_sessions(wc_id) {
        // One that is overdue is no login to join; one that is not is left as it is.
        turn.apply(&session.w_id, Input::DeadlinePassed)?;
    }
    let live = turn.live_sessions(wc_id);
    match live.iter().find(|session| session.state.name().is_in_flight()) {
        Some(session) if session.new_device == request.new_device => Ok(Some(session.w_id.clone())),
        Some(_) => Err(Refusal::UnderWay.into()),
        None => refuse_online(request, turn).map(|()| None),
    }
}

/// A second login would throw out the one that is online, so somebody must want just that.
fn refuse_online(request: &LoginRequest, turn: &Turn<'_>) -> Result<(), Denied> {
    let Some(wc_id) = request.wc_id.as_ref().filter(|_| !request.force) else { return Ok(()) };
    match turn.live_sessions(wc_id).iter().find(|session| session.state.name() == StateName::Online) {
        None => Ok(()),
        Some(online) => Err(Denied::AlreadyOnline { wc_id: wc_id.clone(), w_id: online.w_id.clone() }),
    }
}

fn begin_session(qr: IssuedQr, request: LoginRequest, turn: &mut Turn<'_>) -> Result<WId, Denied> {
    let w_id = qr.w_id.clone();
    // The account may have gone online meanwhile, by a login that was begun without its name.
    let begun = refuse_online(&request, turn).and_then(|()| {
        turn.begin(wxlogin_state::Issued {
            w_id: qr.w_id,
            qr_url: qr.qr_url,
            label: request.label,
            device: request.device,
            proxy: request.proxy,
            wc_id: request.wc_id,
            new_device: request.new_device,
            request_key: request.request_key,
        })
    });
    match begun {
        Ok(()) => Ok(w_id),
        Err(denied) => {
            warn!(wId = %w_id, error = &denied as &dyn Error, "a QR that was issued is not used");
            Err(denied)
        }
    }
}

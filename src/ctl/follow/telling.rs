//! What a person is told while a login goes on: one version of the session after the other.

use wxlogin_state::StateName;
use wxlogin_state::public::{Account, Session};

use super::{ASK_CODE, Follow};
use crate::client::ClientError;
use crate::ctl::failure::Failure;
use crate::ctl::text::{Tone, plain};
use crate::ctl::{show, standing, steps, words};

impl Follow<'_, '_> {
    /// Shows what is new since `before`.
    pub(super) async fn show(&mut self, before: Option<&Session>) -> Result<(), Failure> {
        if before.is_some_and(|before| before.version == self.session.version) {
            return Ok(());
        }
        if self.context.json {
            let line = serde_json::to_string(&self.session)?;
            return self.context.say(line);
        }
        match self.session.state {
            StateName::QrIssued => self.show_qr(before).await,
            StateName::AwaitingVerify => self.show_verify(before),
            StateName::Slider => self.show_slider(),
            StateName::Online => self.show_online().await,
            StateName::Dropped => self.show_dropped().await,
        }
    }

    async fn show_qr(&mut self, before: Option<&Session>) -> Result<(), Failure> {
        if before.is_some_and(|before| before.qr == self.session.qr) {
            return Ok(());
        }
        match steps::draw(self.context, &self.session).await {
            Ok(()) => {}
            // The QR may be scanned, or its picture not to be had; the next version says more.
            Err(Failure::Client(ClientError::Problem(problem))) => {
                self.context.say(plain(&problem.to_string()))?;
                if let Some(qr) = &self.session.qr {
                    let url = plain(&qr.url);
                    self.context.say(format_args!("The platform shows the QR here: {url}"))?;
                }
            }
            Err(failure) => return Err(failure),
        }
        steps::scan(self.context, &self.session)
    }

    fn show_verify(&mut self, before: Option<&Session>) -> Result<(), Failure> {
        let Some(verify) = self.session.verify.clone() else { return Ok(()) };
        if verify.in_flight {
            return self.context.say(words::CHECKING);
        }
        let known = before.and_then(|before| before.verify.as_ref());
        if known.is_some_and(|known| known.attempts < verify.attempts) {
            let refused = words::codes(verify.attempts);
            let sentence = format!("The platform refused the code ({refused} so far).");
            let sentence = self.context.paint.tone(Tone::Bad, &sentence);
            self.context.say(sentence)?;
        }
        self.context.say(format_args!("The platform says: {}", plain(&verify.prompt)))?;
        if let Some(hint) = words::no_code(&self.session) {
            self.context.say(hint)?;
        }
        self.time_left()?;
        if self.asks {
            return self.context.print(ASK_CODE);
        }
        self.context.say(format_args!("Pass the code on: wxloginctl verify {} CODE", self.session.w_id))
    }

    fn show_slider(&mut self) -> Result<(), Failure> {
        let Some(slider) = self.session.slider.clone() else { return Ok(()) };
        if slider.said_done {
            return self.context.say(words::ASKING);
        }
        self.context.say("The platform wants a person to pass this page on another screen:")?;
        let url = self.context.paint.tone(Tone::Strong, &plain(&slider.url));
        self.context.say(format_args!("  {url}"))?;
        self.time_left()?;
        if self.asks {
            return self.context.print("Press Enter once it is passed: ");
        }
        let w_id = &self.session.w_id;
        self.context.say(format_args!("Once it is passed: wxloginctl slider-done {w_id}"))
    }

    async fn show_online(&mut self) -> Result<(), Failure> {
        let who = words::who(&self.session).unwrap_or_else(|| self.session.w_id.to_string());
        let sentence = self.context.paint.tone(Tone::Good, &format!("{who} is online."));
        self.context.say(sentence)?;
        let account = self.account().await;
        let now = self.context.now();
        for sentence in account.iter().flat_map(|account| standing::expected(account, now)) {
            self.context.say(sentence)?;
        }
        Ok(())
    }

    /// Whose login it is. Decoration of what is told: where it cannot be had, that is told without it.
    async fn account(&self) -> Option<Account> {
        self.context.client.account(self.session.wc_id.as_ref()?.as_str()).await.ok()
    }

    async fn show_dropped(&mut self) -> Result<(), Failure> {
        let how = self.session.drop.as_ref().map(words::how_it_ended).unwrap_or_default();
        let sentence = self.context.paint.tone(Tone::Bad, &format!("The login is over: {how}."));
        self.context.say(sentence)?;
        let account = self.account().await;
        for sentence in show::todo(Some(&self.session), account.as_ref(), self.context.now()) {
            self.context.say(sentence)?;
        }
        Ok(())
    }

    fn time_left(&mut self) -> Result<(), Failure> {
        match words::deadline(&self.session) {
            Some(end) => self.context.say(words::time_left(end, self.context.now())),
            None => Ok(()),
        }
    }
}

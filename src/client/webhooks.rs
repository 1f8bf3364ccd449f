//! Receivers of webhooks.

use hyper::Method;

use super::http::Call;
use super::{Client, ClientError, PAGE};
use crate::wire::{DeadLetter, DeadLetterPage, Replayed, Tested, Webhook, Webhooks};

impl Client {
    /// All receivers of webhooks.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, ClientError> {
        Ok(self.send(Call::new(Method::GET, "/v1/webhooks")).await?.json::<Webhooks>()?.webhooks)
    }

    /// What the `n`th never took, page after page.
    pub async fn dead_letters(&self, n: usize) -> Result<Vec<DeadLetter>, ClientError> {
        let mut letters = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let call = Call::new(Method::GET, format!("/v1/webhooks/{n}/dead-letters"))
                .query("limit", Some(PAGE))
                .query("after", after.as_deref());
            let page: DeadLetterPage = self.send(call).await?.json()?;
            letters.extend(page.dead_letters);
            if page.next.is_none() || page.next == after {
                return Ok(letters);
            }
            after = page.next;
        }
    }

    /// Has that sent again: how many dead letters there are. A receiver that was gone gets what it is owed.
    pub async fn replay(&self, n: usize) -> Result<usize, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/webhooks/{n}/replay"));
        Ok(self.send(call).await?.json::<Replayed>()?.dead_letters)
    }

    /// Has a test message sent: what the receiver answered.
    pub async fn test_webhook(&self, n: usize) -> Result<Tested, ClientError> {
        self.send(Call::new(Method::POST, format!("/v1/webhooks/{n}/test"))).await?.json()
    }
}

//! The routes about tokens of systems B and C.

use hyper::Method;
use wxlogin_state::public::Token;
use wxlogin_state::{System, TokenState};

use super::http::{Call, segment};
use super::{Client, ClientError, PAGE};
use crate::wire::{RevealedToken, TokenPage};

/// Which tokens to list.
#[derive(Debug, Clone, Default)]
pub struct TokenFilter {
    /// Only those of this system.
    pub system: Option<System>,
    /// Only those of this appkey (B) or appId (C).
    pub app: Option<String>,
    /// Only those of this user (B).
    pub uid: Option<String>,
    /// Only those in this state.
    pub state: Option<TokenState>,
}

impl Client {
    /// All tokens that match, page after page, without their secrets.
    pub async fn tokens(&self, filter: &TokenFilter) -> Result<Vec<Token>, ClientError> {
        let mut tokens = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let call = Call::new(Method::GET, "/v1/tokens")
                .query("system", filter.system)
                .query("app", filter.app.as_deref())
                .query("uid", filter.uid.as_deref())
                .query("state", filter.state)
                .query("limit", Some(PAGE))
                .query("after", after.as_deref());
            let page: TokenPage = self.send(call).await?.json()?;
            tokens.extend(page.tokens);
            if page.next.is_none() || page.next == after {
                return Ok(tokens);
            }
            after = page.next;
        }
    }

    /// One token as a list shows it.
    pub async fn token(&self, id: &str) -> Result<Token, ClientError> {
        let call = Call::new(Method::GET, format!("/v1/tokens/{}", segment(id)));
        self.send(call.query("reveal", Some(false))).await?.json()
    }

    /// One token with its secret, refreshed first where it must be. Refused with `wrong-state` where it is over.
    pub async fn reveal_token(&self, id: &str) -> Result<RevealedToken, ClientError> {
        self.send(Call::new(Method::GET, format!("/v1/tokens/{}", segment(id)))).await?.json()
    }

    /// Forgets a token; one of system B is logged out there first.
    pub async fn forget_token(&self, id: &str) -> Result<(), ClientError> {
        self.send(Call::new(Method::DELETE, format!("/v1/tokens/{}", segment(id)))).await.map(drop)
    }

    /// Has a new key take over from the one that tokens are sealed with; answers once it has.
    pub async fn rekey(&self) -> Result<(), ClientError> {
        self.send(Call::new(Method::POST, "/v1/rekey")).await.map(drop)
    }
}

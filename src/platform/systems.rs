//! The clients of systems B and C, one for each app and each official account that is configured.

use super::app::AppPlatform;
use super::official_account::OfficialAccountPlatform;

/// Who can be logged in by app or by official account.
#[derive(Debug, Clone, Default)]
pub struct Systems {
    /// System B, one for each appkey.
    pub apps: Vec<AppPlatform>,
    /// System C, one for each appId.
    pub official_accounts: Vec<OfficialAccountPlatform>,
}

impl Systems {
    /// The client of this appkey.
    pub fn app(&self, appkey: &str) -> Option<&AppPlatform> {
        self.apps.iter().find(|app| app.appkey() == appkey)
    }

    /// The client of this appId.
    pub fn official_account(&self, app_id: &str) -> Option<&OfficialAccountPlatform> {
        self.official_accounts.iter().find(|account| account.app_id() == app_id)
    }
}

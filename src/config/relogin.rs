//! `[relogin]` made sense of: when and how an account is logged in again.

use std::time::Duration;

use wxlogin_state::{ReloginRules, Window};

use super::fault::{Faults, Given};
use super::limits::{BACKOFF_INITIAL, BACKOFF_MAX};
use super::values::written;
use super::written::ReloginTable;

impl ReloginTable {
    /// The rules as written; with `--sandbox` the first drop is the sandbox's.
    pub(super) fn finish(&self, faults: &mut Faults) -> ReloginRules {
        let (backoff_initial, backoff_max) = self.backoff(faults);
        ReloginRules {
            enabled: self.enabled,
            first_drop: self.first_drop,
            drop_lead: self.drop_lead,
            stable_for: self.stable_for,
            renewal_lead: self.renewal_lead,
            window: Window { hours: self.window, zone: self.time_zone.clone() },
            issue: self.issue,
            backoff_initial,
            backoff_max,
            max_attempts: u32::try_from(self.max_attempts).unwrap_or(u32::MAX),
            short_lived: self.short_lived,
            budget: self.budget,
            budget_total: self.budget_total,
            storm: self.storm,
        }
    }

    /// The first wait and the longest one, which must not be shorter.
    fn backoff(&self, faults: &mut Faults) -> (Duration, Duration) {
        let initial = self.backoff_initial.as_ref().map_or(BACKOFF_INITIAL.default, |given| given.value);
        let max = self.backoff_max.as_ref().map_or(BACKOFF_MAX.default, |given| given.value);
        // Where one of them is a fault already, its default stands in for it and proves nothing.
        let comparable =
            ["relogin.backoff_initial", "relogin.backoff_max"].iter().all(|key| !faults.mentions(key));
        if max < initial && comparable {
            let (shown_initial, shown_max) = (written(initial), written(max));
            if let Some(Given { place, .. }) = self.backoff_max {
                let message = format!("\"{shown_max}\" is shorter than backoff_initial, \"{shown_initial}\"");
                faults.add(place, "relogin.backoff_max", message);
            } else if let Some(Given { place, .. }) = self.backoff_initial {
                let message = format!(
                    "\"{shown_initial}\" is longer than backoff_max, \"{shown_max}\" unless it is set"
                );
                faults.add(place, "relogin.backoff_initial", message);
            }
        }
        (initial, max)
    }
}

//! When and how accounts are logged in again.

use wxlogin_state::{Issue, Rate};

use super::*;

#[test]
fn every_key_is_taken_over() {
    let settings = Host::with_password().settings(&format!(
        "{LEAST}check_interval = \"5s\"\nconfirmations = 3\n\
         [relogin]\nenabled = false\nfirst_drop = \"23h\"\ndrop_lead = \"2h\"\nstable_for = \"60d\"\n\
         renewal_lead = \"3d\"\nwindow = \"22:00-06:00\"\ntime_zone = \"Europe/Berlin\"\nissue = \"on-demand\"\n\
         backoff_initial = \"2m\"\nbackoff_max = \"2h\"\nmax_attempts = 9\nshort_lived = \"90s\"\n\
         budget = \"7/2h\"\nbudget_total = \"500/7d\"\nstorm = \"1/1s\"\n"
    ));
    let rate = |count, seconds| Rate { count, per: Duration::from_secs(seconds) };
    let expected = ReloginRules {
        enabled: false,
        first_drop: Duration::from_hours(23),
        drop_lead: Duration::from_hours(2),
        stable_for: Duration::from_hours(60 * 24),
        renewal_lead: Duration::from_hours(3 * 24),
        window: Window {
            hours: "22:00-06:00".parse().unwrap(),
            zone: TimeZone::get("Europe/Berlin").unwrap(),
        },
        issue: Issue::OnDemand,
        backoff_initial: Duration::from_mins(2),
        backoff_max: Duration::from_hours(2),
        max_attempts: 9,
        short_lived: Duration::from_secs(90),
        budget: rate(7, 2 * 3600),
        budget_total: rate(500, 7 * 86_400),
        storm: rate(1, 1),
    };
    assert_eq!(settings.relogin, expected);
    assert_eq!((settings.device.check_interval, settings.device.confirmations), (Duration::from_secs(5), 3));
}

#[test]
fn a_window_is_one_of_the_zone_it_is_written_for() {
    let window = |zone: &str| {
        let text = format!("{LEAST}[relogin]\nwindow = \"08:00-09:00\"\ntime_zone = \"{zone}\"");
        Host::with_password().settings(&text).relogin.window
    };
    let midnight = "2026-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(window("Asia/Shanghai").opens(midnight), midnight);
    assert_eq!(window("UTC").opens(midnight), "2026-01-01T08:00:00Z".parse().unwrap());
}

#[test]
fn each_bad_value_names_its_line_and_key() {
    let cases: &[(&str, &str, &str)] = &[
        ("enabled", "1", "expected true or false, found 1"),
        ("enabled", "\"yes\"", "expected true or false"),
        ("first_drop", "{}", "found a table"),
        ("first_drop", "\"91d\"", "between \"1s\" and \"90d\""),
        ("first_drop", "\"tonight\"", "such as \"1d\", found \"tonight\""),
        ("drop_lead", "3600", "such as \"1h\", found 3600"),
        ("drop_lead", "\"0s\"", "between \"1s\" and \"30d\""),
        ("drop_lead", "\"an hour\"", "expected a duration"),
        ("stable_for", "true", "such as \"90d\""),
        ("stable_for", "\"90ms\"", "between"),
        ("stable_for", "\"-90d\"", "expected a duration"),
        ("renewal_lead", "7", "such as \"7d\""),
        ("renewal_lead", "\"2y\"", "between \"1s\" and \"365d\""),
        ("renewal_lead", "\"\"", "expected a duration"),
        ("window", "8", "expected a part of the day such as \"08:00-23:00\", found 8"),
        ("window", "\"8:00-9:00\"", "expected a part of the day"),
        ("window", "\"08:00-25:00\"", "expected a part of the day"),
        ("window", "\"08:00-08:00\"", "the window is empty"),
        ("window", "08:00:00", "found 08:00:00"),
        ("time_zone", "8", "expected a time zone such as \"Asia/Shanghai\", found 8"),
        ("time_zone", "\"\"", "expected a time zone"),
        ("time_zone", "\"+08:00\"", "expected a time zone"),
        ("time_zone", "\"Etc/Unknown\"", "expected a time zone"),
        ("time_zone", "\"Asia/Beijing\"", "such as \"Asia/Shanghai\", found \"Asia/Beijing\""),
        (
            "time_zone",
            "\"Asia/Shangai\"",
            "unknown time zone \"Asia/Shangai\"; did you mean \"Asia/Shanghai\"?",
        ),
        ("issue", "true", "expected \"auto\" or \"on-demand\", found true"),
        ("issue", "\"manual\"", "expected \"auto\" or \"on-demand\", found \"manual\""),
        ("backoff_initial", "60", "such as \"1m\""),
        ("backoff_initial", "\"100ms\"", "between \"1s\" and \"1d\""),
        ("backoff_initial", "\"2h\"", "longer than backoff_max, \"1h\" unless it is set"),
        ("backoff_max", "[]", "found a list"),
        ("backoff_initial", "\"\"", "expected a duration"),
        ("backoff_max", "\"8d\"", "between \"1s\" and \"7d\""),
        ("backoff_max", "\"30s\"", "\"30s\" is shorter than backoff_initial, \"1m\""),
        ("max_attempts", "\"3\"", "expected a whole number"),
        ("max_attempts", "-1", "between 0 and 1000000, not -1"),
        ("max_attempts", "99999999999999999999", "not 99999999999999999999"),
        ("short_lived", "60", "such as \"1m\""),
        ("short_lived", "\"soon\"", "expected a duration"),
        ("short_lived", "\"25h\"", "between \"1s\" and \"1d\""),
        ("budget", "6", "such as \"6/1h\", 1 to 100 of them within \"1s\" to \"7d\", found 6"),
        ("budget", "\"0/1h\"", "such as \"6/1h\", 1 to 100 of them within \"1s\" to \"7d\"; found \"0/1h\""),
        ("budget", "\"101/1h\"", "1 to 100 of them within \"1s\" to \"7d\"; found \"101/1h\""),
        ("budget", "\"-6/1h\"", "found \"-6/1h\""),
        ("budget", "\"6 / 1h\"", "found \"6 / 1h\""),
        ("budget", "\"6/\"", "found \"6/\""),
        ("budget", "\"/1h\"", "found \"/1h\""),
        ("budget", "\"six an hour\"", "found \"six an hour\""),
        ("budget", "\"6/8d\"", "found \"6/8d\""),
        ("budget", "\"6/999ms\"", "found \"6/999ms\""),
        ("budget_total", "\"120\"", "such as \"120/10m\""),
        ("budget_total", "120", "such as \"120/10m\""),
        ("budget_total", "\"120/0s\"", "found \"120/0s\""),
        ("budget_total", "\"501/10m\"", "1 to 500 of them within \"1s\" to \"7d\"; found \"501/10m\""),
        ("storm", "\"101/1m\"", "1 to 100 of them within \"1s\" to \"7d\"; found \"101/1m\""),
        ("storm", "{}", "found a table"),
        ("storm", "\"5/60\"", "such as \"5/1m\""),
        ("storm", "\"99999999999/1m\"", "found \"99999999999/1m\""),
        ("window_zone", "\"UTC\"", "unknown key; [relogin] has enabled, first_drop, "),
        ("backof_max", "\"1h\"", "did you mean backoff_max?"),
    ];
    let host = Host::new().sandbox();
    for (key, value, message) in cases {
        let faults = host.faults(format!("[relogin]\n{key} = {value}"));
        assert_faults(&faults, &[(Some(2), &format!("relogin.{key}"), message)]);
    }
}

#[test]
fn a_rate_may_be_as_high_as_its_record_holds() {
    let text =
        format!("{LEAST}[relogin]\nbudget = \"100/1h\"\nbudget_total = \"500/10m\"\nstorm = \"100/60s\"\n");
    let relogin = Host::with_password().settings(&text).relogin;
    let counts = [relogin.budget, relogin.budget_total, relogin.storm].map(|rate| rate.count);
    assert_eq!(counts, [100, 500, 100]);
}

#[test]
fn a_backoff_that_is_a_fault_already_is_compared_with_nothing() {
    let faults = Host::new().sandbox().faults("[relogin]\nbackoff_initial = \"2h\"\nbackoff_max = \"soon\"");
    assert_faults(&faults, &[(Some(3), "relogin.backoff_max", "expected a duration")]);
}

#[test]
fn the_first_drop_of_a_rehearsal_is_the_sandboxs_and_the_rest_is_as_written() {
    let host = Host::new().sandbox();
    let (rehearsal, _) =
        host.rehearsal("[relogin]\nfirst_drop = \"2h\"\nmax_attempts = 4\n[sandbox]\nfirst_drop = \"9s\"");
    let key = DeviceAuth::Key { account: None, key: Secret::new("k") };
    let relogin = rehearsal.settings("http://127.0.0.1:1".parse().unwrap(), key).relogin;
    assert_eq!((relogin.first_drop, relogin.max_attempts), (Duration::from_secs(9), 4));
}

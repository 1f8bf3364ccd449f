//! One bad value for each way in which a key can be wrong; `[relogin]` and `[callback]` have files of their own.

use super::*;

#[test]
fn each_fault_names_its_line_and_key() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "[device]\npoll_timeout = 250",
            "device.poll_timeout",
            "expected a duration such as \"250s\", found 250",
        ),
        ("[device]\npoll_timeout = \"soon\"", "device.poll_timeout", "found \"soon\""),
        ("[device]\npoll_timeout = \"0s\"", "device.poll_timeout", "between \"1s\" and \"10m\""),
        ("[device]\npoll_timeout = \"11m\"", "device.poll_timeout", "between \"1s\" and \"10m\""),
        ("[device]\nqr_valid_for = \"250ms\"", "device.qr_valid_for", "between"),
        ("[device]\nmax_polls = 0", "device.max_polls", "between 1 and 1000000, not 0"),
        ("[device]\nmax_polls = -1", "device.max_polls", "not -1"),
        ("[device]\nmax_polls = \"many\"", "device.max_polls", "expected a whole number, found \"many\""),
        ("[device]\nmax_polls = 1.5", "device.max_polls", "found 1.5"),
        ("[device]\nauto_check = \"no\"", "device.auto_check", "expected true or false"),
        ("[device]\ndevice_type = \"android\"", "device.device_type", "expected \"ipad\" or \"mac\", found"),
        ("[device]\nproxy = 24", "device.proxy", "between 1 and 23, not 24"),
        ("[device]\nproxy_ip = \"proxy.example\"", "device.proxy_ip", "host:port"),
        ("[device]\nproxy_user = \"u\"", "device.proxy_user", "proxy_ip, which is not set"),
        ("[device]\nwatch = true", "device.watch", "unknown key; [device] has base_url, "),
        ("[device]\ncheck_interval = 60", "device.check_interval", "such as \"1m\""),
        ("[device]\ncheck_interval = \"60ms\"", "device.check_interval", "between \"1s\" and \"1h\""),
        ("[device]\nconfirmations = \"two\"", "device.confirmations", "expected a whole number"),
        ("[device]\ncheck_interval = \"often\"", "device.check_interval", "found \"often\""),
        ("[device]\nconfirmations = 101", "device.confirmations", "between 1 and 100, not 101"),
        ("[device]\nconfirmations = 0", "device.confirmations", "between 1 and 100, not 0"),
        ("[device]\npol_timeout = \"60s\"", "device.pol_timeout", "did you mean poll_timeout?"),
        ("[device]\npassword = \"hunter2\"", "device.password", "did you mean password_file?"),
        ("[device]\naccount = 18611211111", "device.account", "expected a text in quotes, found a number"),
        ("[device]\naccount = \" \"", "device.account", "must not be empty"),
        ("[device]\npassword_file = 123456", "device.password_file", "in quotes, found a number"),
        ("[device]\n\"a\\nb\" = 1", "device.a\\nb", "unknown key"),
        ("[state]\ndir = \"here\"", "state.dir", "absolute path"),
        ("[state]\ndir = [1]", "state.dir", "expected a path in quotes, found a list"),
        ("[state]\nkeep_dropped = 2026-11-21", "state.keep_dropped", "found 2026-11-21"),
        ("[state]\nkeep_events = 999", "state.keep_events", "between 1000 and 10000000, not 999"),
        ("[control]\nsocket = \"run\"", "control.socket", "absolute path, or \"\" for none"),
        ("[control]\nlisten = \"localhost:7430\"", "control.listen", "found \"localhost:7430\""),
        ("[control]\nlisten = 7430", "control.listen", "found 7430"),
        ("[control]\nlisten = \"0.0.0.0:7430\"", "control.listen", "set allow_remote = true"),
        ("[sandbox]\nlisten = \"10.0.0.1:0\"", "sandbox.listen", "use a loopback address"),
        ("[sandbox]\nlisten = \"\"", "sandbox.listen", "expected an address"),
        ("[sandbox]\nblock = \"1ms\"", "sandbox.block", "between \"10ms\" and \"10m\""),
        ("\n[webhooks]", "webhooks", "did you mean webhook?"),
        ("\n[zzzz]", "zzzz", "unknown; this file has state, control, device"),
        ("\n[contrl]", "contrl", "did you mean control?"),
        ("\n[[state]]", "state", "expected one table [state], found a list"),
        ("\nstate = 3", "state", "expected one table [state], found 3"),
    ];
    // With --sandbox nothing has to be there, and the last line of each case is the one at fault.
    let host = Host::new().sandbox();
    for (text, key, message) in cases {
        assert_faults(&host.faults(text), &[(Some(text.lines().count()), key, message)]);
    }
}

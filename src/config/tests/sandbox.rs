//! What `--sandbox` changes.

use super::*;

#[test]
fn the_sandbox_brings_its_platform_and_keeps_to_itself() {
    let host = Host::new().sandbox();
    let (rehearsal, notes) = host.rehearsal("");
    assert!(notes.is_empty());
    assert_eq!(rehearsal.sandbox.listen, "127.0.0.1:0".parse().unwrap());
    let key = DeviceAuth::Key { account: None, key: Secret::new("k") };
    let settings = rehearsal.settings("http://127.0.0.1:4711".parse().unwrap(), key.clone());
    assert_eq!(settings.state.dir, Path::new("/scratch"));
    assert_eq!(settings.control.socket.as_deref(), Some(Path::new("/scratch/control.sock")));
    assert_eq!(settings.control.token_file, Path::new("/scratch/control.token"));
    assert_eq!((settings.device.auth, settings.sandbox.is_some()), (key, true));
}

#[test]
fn the_sandbox_leaves_the_real_platform_alone_and_says_so() {
    let host = Host::new().sandbox();
    let (_, notes) = host.rehearsal(&format!("{LEAST}password_file = \"/nowhere\"\n"));
    let keys: Vec<_> = notes.iter().map(|note| note.split(": ").nth(1).unwrap()).collect();
    assert_eq!(keys, ["device.base_url", "device.account", "device.password_file"]);
    assert!(notes[0].contains("config.toml:2: "), "{notes:?}");
}

#[test]
fn the_sandbox_does_not_read_the_hosts_own_configuration() {
    let host = Host::new().sandbox();
    let default = host.file("default.toml", "[state]\ndir = \"/var/lib/wxlogind\"", 0o644);
    let loaded = load_or(&default, None, &host.overrides, &host.environment).unwrap();
    let Plan::Rehearsal(rehearsal) = loaded.plan else { panic!() };
    let key = DeviceAuth::Key { account: None, key: Secret::new("k") };
    let settings = rehearsal.settings("http://127.0.0.1:1".parse().unwrap(), key);
    assert_eq!((settings.state.dir.as_path(), loaded.file), (Path::new("/scratch"), None));
}

//! Where the daemon is: named on the command line, in the environment, or at its usual place.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;

use hyper::Uri;
use hyper::http::uri::Scheme;
use wxlogin_state::Secret;

/// Where the daemon listens unless told otherwise (contract.md, `control.socket`).
pub const DEFAULT_SOCKET: &str = "/run/wxlogind/control.sock";

/// A daemon's address.
#[derive(Debug, Clone)]
pub enum Target {
    /// Its Unix socket; the file's mode decides who may use it.
    Socket(PathBuf),
    /// Its TCP listener.
    Url {
        /// `host:port`
        host: String,
        /// The control token.
        token: Secret,
    },
}

/// What was named on the command line.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// `--socket`
    pub socket: Option<PathBuf>,
    /// `--url`
    pub url: Option<String>,
    /// `--token-file`
    pub token_file: Option<PathBuf>,
}

/// Why no target can be made of what was named.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// A URL that is not `http://host[:port]`.
    #[error("{0:?} is no address of wxlogind; it looks like http://127.0.0.1:7430")]
    Url(String),
    /// TLS ends at a reverse proxy, which is not for this tool.
    #[error(
        "{0:?}: wxlogind itself speaks plain HTTP; reach a distant one through ssh (ssh -L 7430:127.0.0.1:7430 HOST)"
    )]
    Https(String),
    /// TCP without a token.
    #[error(
        "a token is needed with --url: name its file with --token-file or WXLOGIND_TOKEN_FILE, or put it into WXLOGIND_TOKEN"
    )]
    NoToken,
    /// The token's file cannot be read.
    #[error("cannot read the token file {path}")]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Target {
    /// The daemon that was named, else the one that the environment names, else the one at [`DEFAULT_SOCKET`].
    /// In the environment `WXLOGIND_SOCKET` comes before `WXLOGIND_URL`.
    pub fn find(named: Named, env: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, TargetError> {
        let env = |name: &str| env(name).filter(|value| !value.is_empty());
        if let Some(path) = named.socket {
            return Ok(Self::Socket(path));
        }
        let url = match (named.url, env("WXLOGIND_SOCKET"), env("WXLOGIND_URL")) {
            (Some(url), _, _) => url,
            (None, Some(path), _) => return Ok(Self::Socket(path.into())),
            (None, None, Some(url)) => url.to_string_lossy().into_owned(),
            (None, None, None) => return Ok(Self::Socket(DEFAULT_SOCKET.into())),
        };
        let host = host(&url)?;
        Ok(Self::Url { host, token: token(named.token_file, &env)? })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => path.display().fmt(f),
            Self::Url { host, .. } => write!(f, "http://{host}"),
        }
    }
}

/// `host:port` of a URL.
fn host(url: &str) -> Result<String, TargetError> {
    let bad = || TargetError::Url(url.to_owned());
    let uri: Uri = url.parse().map_err(|_| bad())?;
    let bare = uri.query().is_none() && matches!(uri.path(), "" | "/");
    match (uri.scheme(), uri.authority()) {
        (Some(scheme), _) if *scheme == Scheme::HTTPS => Err(TargetError::Https(url.to_owned())),
        (Some(scheme), Some(authority))
            if *scheme == Scheme::HTTP && bare && !authority.as_str().contains('@') =>
        {
            Ok(format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80)))
        }
        _ => Err(bad()),
    }
}

/// The token: a file that was named, else `WXLOGIND_TOKEN`, else the file that `WXLOGIND_TOKEN_FILE` names.
fn token(file: Option<PathBuf>, env: &dyn Fn(&str) -> Option<OsString>) -> Result<Secret, TargetError> {
    let path = match (file, env("WXLOGIND_TOKEN"), env("WXLOGIND_TOKEN_FILE")) {
        (Some(path), _, _) => path,
        (None, Some(token), _) => return Ok(Secret::new(token.to_string_lossy().trim())),
        (None, None, Some(path)) => path.into(),
        (None, None, None) => return Err(TargetError::NoToken),
    };
    match fs::read_to_string(&path) {
        Ok(token) => Ok(Secret::new(token.trim())),
        Err(source) => Err(TargetError::TokenFile { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(named: Named, env: &[(&str, &str)]) -> Result<Target, TargetError> {
        Target::find(named, &|name| {
            env.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    fn at(named: Named, env: &[(&str, &str)]) -> String {
        found(named, env).unwrap().to_string()
    }

    #[test]
    fn the_nearest_name_wins() {
        let socket = || Named { socket: Some("/s".into()), ..Named::default() };
        let url = || Named { url: Some("http://[::1]:7430/".to_owned()), ..Named::default() };
        let env = [("WXLOGIND_SOCKET", "/e"), ("WXLOGIND_URL", "http://h"), ("WXLOGIND_TOKEN", "t")];
        assert_eq!(at(socket(), &env), "/s");
        assert_eq!(at(url(), &env), "http://[::1]:7430");
        assert_eq!(at(Named::default(), &env), "/e");
        assert_eq!(at(Named::default(), &env[1..]), "http://h:80");
        assert_eq!(at(Named::default(), &[("WXLOGIND_SOCKET", "")]), DEFAULT_SOCKET);
    }

    #[test]
    fn the_token_comes_from_the_named_file_before_the_environment() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        fs::write(&file, "from-file\n").unwrap();
        let url = Some("http://h:1".to_owned());
        let named = Named { url: url.clone(), token_file: Some(file.clone()), socket: None };
        let token = |target| match target {
            Target::Url { token, .. } => token,
            Target::Socket(_) => unreachable!(),
        };
        assert_eq!(token(found(named, &[("WXLOGIND_TOKEN", "env")]).unwrap()).reveal(), "from-file");
        let named = Named { url, ..Named::default() };
        assert_eq!(token(found(named.clone(), &[("WXLOGIND_TOKEN", "env")]).unwrap()).reveal(), "env");
        let env = [("WXLOGIND_TOKEN_FILE", file.to_str().unwrap())];
        assert_eq!(token(found(named.clone(), &env).unwrap()).reveal(), "from-file");
        assert!(matches!(found(named, &[]), Err(TargetError::NoToken)));
    }

    #[test]
    fn what_cannot_be_an_address_is_refused_with_an_example() {
        for url in ["ftp://h", "127.0.0.1:7430", "http://h/v1", "http://u:p@h", "http://h?x=1", ""] {
            let named = Named { url: Some(url.to_owned()), ..Named::default() };
            assert!(matches!(found(named, &[]), Err(TargetError::Url(_))), "{url}");
        }
        let named = Named { url: Some("https://h".to_owned()), ..Named::default() };
        assert!(found(named, &[]).unwrap_err().to_string().contains("ssh -L"));
    }
}

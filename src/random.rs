//! Secrets that nobody can guess.

use wxlogin_state::{Secret, hex};

/// `N` random bytes of the system's, in hexadecimal; an error where it has none.
pub(crate) fn random_hex<const N: usize>() -> Result<Secret, getrandom::Error> {
    let mut random = [0; N];
    getrandom::fill(&mut random)?;
    Ok(Secret::new(hex(&random)))
}

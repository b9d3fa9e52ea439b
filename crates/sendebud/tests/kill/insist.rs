//! A caller that does not give up: what every case system must do when an access point
//! goes away under it.

use fagsystem::Error;

use crate::world::until;

/// Call until there is an answer that is no mere trouble. An answer with this label is
/// the yes that was lost, if an earlier call was never answered.
pub(crate) async fn insist<T>(
    what: &str,
    done_before: &str,
    mut call: impl AsyncFnMut() -> Result<T, Error>,
) -> Insisted<T> {
    let mut unanswered = false;
    until(what, async || match call().await {
        Ok(answer) => Some(Insisted::Answered(answer)),
        Err(error) if unanswered && error.is(done_before) => Some(Insisted::Lost),
        Err(Error::Unreachable(_)) => {
            unanswered = true;
            None
        }
        Err(error) if trouble(&error) => None,
        Err(error) => Some(Insisted::Refused(error)),
    })
    .await
}

/// What came of it.
pub(crate) enum Insisted<T> {
    /// It was answered.
    Answered(T),
    /// It was done by a call whose answer never came.
    Lost,
    /// It will not be done.
    Refused(Error),
}

impl<T> Insisted<T> {
    /// It was done, one way or the other.
    pub(crate) fn done(self, what: &str) {
        if let Self::Refused(error) = self {
            panic!("{what}: {error}");
        }
    }
}

/// Whether the same call may go better in a moment.
pub(crate) fn trouble(error: &Error) -> bool {
    match error {
        Error::Unreachable(_) => true,
        Error::Refused { status, .. } => *status == 503,
        Error::Answer(_) => false,
    }
}

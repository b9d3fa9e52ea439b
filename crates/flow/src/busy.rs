//! Work that keeps a processor busy: signing, encrypting, opening.

use crate::Error;

/// Up to this size the work takes less than a millisecond, nearly all of it RSA, and
/// handing it to another thread and back costs more than the others here lose by
/// waiting.
const HERE_BYTES_MAX: usize = 64 * 1024;

/// Do the work on so many bytes: here if they are few, else on a thread where it may
/// take its time.
pub(crate) async fn busy<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    if bytes <= HERE_BYTES_MAX {
        return Ok(work());
    }
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|lost| Error::Worker(lost.to_string()))
}

//! What the address register said, across a restart: when it is down, messages go on to
//! those about whom it was asked before.

use std::sync::Arc;

use registry::Keeper;
use store::{Vault, register};
use zeroize::Zeroizing;

use crate::Error;
use crate::point::Setup;

/// Have the register remember what it said, and have what it says kept.
pub(crate) async fn remember(setup: &Setup, vault: Vault) -> Result<(), Error> {
    let owner = setup.orgnr.clone();
    let kept = setup
        .store
        .read(move |tx| Box::pin(async move { register::all(tx, &owner).await }))
        .await?;
    let open = |(question, sealed): (String, Vec<u8>)| {
        let clear = vault.open(&place(&question), sealed);
        clear.map(|clear| (question, Zeroizing::new(clear)))
    };
    // One that is damaged is as good as none: it is asked for anew.
    let kept: Vec<_> = kept.into_iter().flat_map(open).collect();
    setup.registry.remember(kept, keeper(setup, vault));
    Ok(())
}

fn keeper(setup: &Setup, vault: Vault) -> Keeper {
    let (owner, store, vault) =
        (setup.orgnr.clone(), setup.store.clone(), Arc::new(vault));
    Box::new(move |question, answer| {
        let (owner, store, vault) = (owner.clone(), store.clone(), Arc::clone(&vault));
        Box::pin(async move {
            let sealed = answer.map(|clear| vault.seal(&place(&question), &clear));
            let kept = store.write(move |tx| {
                Box::pin(async move {
                    match &sealed {
                        Some(sealed) => {
                            register::keep(tx, &owner, &question, sealed).await
                        }
                        None => register::forget(tx, &owner, &question).await,
                    }
                })
            });
            if let Err(error) = kept.await {
                tracing::warn!(%error, "an answer of the address register is not kept");
            }
        })
    })
}

/// What the vault is told: no answer can be put in another's place, or in a message's.
fn place(question: &str) -> String {
    format!("register {question}")
}

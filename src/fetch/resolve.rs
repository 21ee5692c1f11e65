//! Name resolution behind the guard: what a connection is offered are only allowed addresses.

use super::guard::{Guard, Refusal};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

/// The addresses of a name, at some later time.
pub type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Where addresses of names come from.
pub trait Resolver: Send + Sync + 'static {
    /// Looks up all addresses of `name`.
    fn look_up(&self, name: &str) -> Lookup;
}

/// The operating system's own resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Resolver for System {
    fn look_up(&self, name: &str) -> Lookup {
        let name = name.to_owned();
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((name, 0)).await?;
            Ok(addresses.map(|address| address.ip()).collect())
        })
    }
}

/// A name that has no address, or whose look-up failed.
#[derive(Debug, thiserror::Error)]
#[error("the name {name} could not be resolved")]
pub(super) struct Unresolved {
    name: String,
    #[source]
    cause: Option<io::Error>,
}

/// Gives connections the addresses that the guard lets through.
pub(super) struct Guarded {
    pub(super) resolver: Arc<dyn Resolver>,
    pub(super) guard: Arc<Guard>,
    /// The host of the proxy that the configuration names: always allowed.
    pub(super) proxy: Option<String>,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let free = self.guard.allows_name(&name) || self.proxy.as_ref() == Some(&name);
        let lookup = self.resolver.look_up(&name);
        let guard = Arc::clone(&self.guard);
        Box::pin(async move {
            let unresolved = |cause| Unresolved {
                name: name.clone(),
                cause,
            };
            let found = lookup.await.map_err(|error| unresolved(Some(error)))?;
            let mut refusal: Option<Refusal> = None;
            let mut allowed = Vec::with_capacity(found.len());
            for address in found {
                match guard.judge(&name, address) {
                    Err(refused) if !free => refusal = Some(refused),
                    _ => allowed.push(SocketAddr::new(address, 0)),
                }
            }
            match refusal {
                Some(refusal) if allowed.is_empty() => Err(refusal.into()),
                _ if allowed.is_empty() => Err(unresolved(None).into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

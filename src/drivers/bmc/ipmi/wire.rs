//! Packets to a BMC and back: sent again until they are answered, for a time that has an end.

use std::{
    io,
    time::{Duration, Instant},
};

use ssh_key::rand_core::{OsRng, RngCore as _};
use tokio::net::UdpSocket;

/// The longest packet that a BMC sends, and more.
const MOST: usize = 2048;

/// How long is waited before a packet is sent again, at first and at most: a BMC is slow, and a lost packet rare.
const PAUSE: Duration = Duration::from_secs(1);
const MOST_PAUSE: Duration = Duration::from_secs(8);

/// The way to one BMC.
#[derive(Debug)]
pub(super) struct Wire {
    socket: UdpSocket,
    limit: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Lost {
    /// Nothing came in time.
    Silent,
    Io(io::Error),
}

impl Wire {
    pub(super) async fn to(host: &str, port: u16, limit: Duration) -> Result<Self, Lost> {
        let found = tokio::time::timeout(limit, tokio::net::lookup_host((host, port))).await;
        let mut addresses = found.map_err(|_| Lost::Silent)?.map_err(Lost::Io)?;
        let none = || Lost::Io(io::Error::other(format!("{host} has no address")));
        let address = addresses.next().ok_or_else(none)?;
        let here = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(here).await.map_err(Lost::Io)?;
        // Nobody else's packets arrive on a connected socket, and that nobody listens is told.
        socket.connect(address).await.map_err(Lost::Io)?;
        Ok(Self { socket, limit })
    }

    /// Sends what `make` makes, anew for each try, until `take` takes an answer.
    pub(super) async fn ask<T>(
        &self,
        mut make: impl FnMut() -> Vec<u8>,
        take: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, Lost> {
        let end = Instant::now() + self.limit;
        let mut pause = PAUSE;
        while Instant::now() < end {
            self.socket.send(&make()).await.map_err(Lost::Io)?;
            let again = (Instant::now() + pause).min(end);
            pause = (pause * 2).min(MOST_PAUSE);
            if let Some(taken) = self.taken(again, &take).await? {
                return Ok(taken);
            }
        }
        Err(Lost::Silent)
    }

    /// What is taken until then. Late answers to earlier tries come, too; what is not taken is passed over.
    async fn taken<T>(
        &self,
        until: Instant,
        take: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, Lost> {
        let mut buffer = vec![0; MOST];
        loop {
            let received = tokio::time::timeout_at(until.into(), self.socket.recv(&mut buffer));
            let Ok(length) = received.await else { return Ok(None) };
            let taken = take(&buffer[..length.map_err(Lost::Io)?]);
            if taken.is_some() {
                return Ok(taken);
            }
        }
    }

    /// Sends once; nobody waits for an answer.
    pub(super) async fn tell(&self, packet: &[u8]) {
        drop(self.socket.send(packet).await);
    }
}

/// Bytes that nobody can guess.
pub(super) fn random<const COUNT: usize>() -> Result<[u8; COUNT], Lost> {
    let mut bytes = [0; COUNT];
    let filled = OsRng.try_fill_bytes(&mut bytes);
    filled.map_err(|error| Lost::Io(io::Error::other(error.to_string())))?;
    Ok(bytes)
}

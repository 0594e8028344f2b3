//! Who holds a port that the lab needs.

use std::{fs, net::Ipv4Addr};

use super::daemon::every_pid;
use crate::{
    model::lab::Endpoint,
    origin::Setting,
    trouble::{Result, Trouble},
};

/// A socket that accepts connections.
#[derive(Debug, PartialEq, Eq)]
struct Listener {
    address: Ipv4Addr,
    port: u16,
    inode: u64,
}

impl Listener {
    fn takes(&self, endpoint: Endpoint) -> bool {
        self.port == endpoint.port
            && (self.address == endpoint.address || self.address.is_unspecified())
    }
}

/// Refuses a port that somebody else has.
pub(super) fn must_be_free(endpoint: Endpoint, setting: &Setting) -> Result<()> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let read = |table: &&str| fs::read_to_string(table).unwrap_or_default();
    let all: Vec<Listener> = tables.iter().flat_map(|table| listeners(&read(table))).collect();
    let Some(taken) = all.iter().find(|listener| listener.takes(endpoint)) else { return Ok(()) };
    let holder =
        holder(taken.inode).unwrap_or_else(|| "a process that cannot be seen from here".into());
    Err(Trouble::refused(format!("listening on {}:{}", endpoint.address, endpoint.port))
        .because(format!("the port is in use by {holder}, which is none of the lab's"))
        .set_by(setting)
        .hint("stop that process, or give the lab another port"))
}

/// The listening sockets of a table such as `/proc/net/tcp`. Of IPv6 only the wildcard counts: it takes IPv4, too.
fn listeners(table: &str) -> Vec<Listener> {
    let listener = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (address, port) = fields.get(1)?.split_once(':')?;
        let address = match address.len() {
            8 => Ipv4Addr::from(u32::from_str_radix(address, 16).ok()?.swap_bytes()),
            _ if address.bytes().all(|byte| byte == b'0') => Ipv4Addr::UNSPECIFIED,
            _ => return None,
        };
        let port = u16::from_str_radix(port, 16).ok()?;
        let inode = fields.get(9)?.parse().ok()?;
        (*fields.get(3)? == "0A").then_some(Listener { address, port, inode })
    };
    table.lines().filter_map(listener).collect()
}

/// The process that has a socket, for people.
fn holder(inode: u64) -> Option<String> {
    let wanted = format!("socket:[{inode}]");
    let has = |pid: &i32| {
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        let targets = descriptors.filter_map(|entry| fs::read_link(entry.path()).ok());
        targets.into_iter().any(|target| target.to_str() == Some(&wanted))
    };
    let pid = every_pid().find(has)?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(format!("process {pid} ({})", name.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    #[test]
    fn listening_sockets_are_read() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 010016AC:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 6112 1 0 100\n\
             1: 010016AC:1F91 0B0016AC:0016 01 00000000:00000000 00:00000000 00000000     0        0 6113 1 0 100\n\
             2: 00000000000000000000000000000000:18F1 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 6114 1";
        let found = listeners(table);
        let bridge = Ipv4Addr::new(172, 22, 0, 1);
        assert_eq!(found[0], Listener { address: bridge, port: 8080, inode: 6112 });
        assert_eq!(found[1], Listener { address: Ipv4Addr::UNSPECIFIED, port: 6385, inode: 6114 });
        assert_eq!(found.len(), 2);
        assert!(found[1].takes(Endpoint { address: bridge, port: 6385 }));
        assert!(!found[0].takes(Endpoint { address: Ipv4Addr::LOCALHOST, port: 8080 }));
    }

    #[test]
    fn the_holder_of_a_taken_port_is_named() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint =
            Endpoint { address: Ipv4Addr::LOCALHOST, port: socket.local_addr().unwrap().port() };
        let setting =
            Setting { variable: "ymir_image_url".into(), origin: Origin::whole("lab.yml") };
        let trouble = must_be_free(endpoint, &setting).unwrap_err();
        assert!(
            trouble.causes[0].contains(&format!("process {}", std::process::id())),
            "{trouble}"
        );
        drop(socket);
        must_be_free(endpoint, &setting).unwrap();
    }
}

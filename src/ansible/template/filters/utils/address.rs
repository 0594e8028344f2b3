//! An address with the network it stands in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::ansible::template::value::Val;

/// An address and a prefix length.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) ip: u128,
    pub(super) prefix: u32,
    pub(super) v6: bool,
    /// Whether a prefix length was written.
    pub(super) has_prefix: bool,
}

impl Block {
    /// Reads an address, a network, or a number that stands for an address.
    pub(super) fn of(value: &Val, version: Option<u8>) -> Option<Self> {
        let text = match value {
            Val::Int(number) => number.to_string(),
            Val::Str(text) => text.to_string(),
            _ => return None,
        };
        if let Ok(number) = text.parse::<u128>() {
            let v6 = number > u128::from(u32::MAX) || version == Some(6);
            let prefix = if v6 { 128 } else { 32 };
            return Some(Self { ip: number, prefix, v6, has_prefix: false });
        }
        let (address, prefix) = text.split_once('/').map_or((&*text, None), |(a, p)| (a, Some(p)));
        let (ip, v6) = match address.parse().ok()? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), false),
            IpAddr::V6(address) => (u128::from(address), true),
        };
        let width = if v6 { 128 } else { 32 };
        let length = match prefix {
            None => width,
            Some(prefix) => prefix.parse().ok().or_else(|| mask_length(prefix))?,
        };
        (length <= width).then_some(Self { ip, prefix: length, v6, has_prefix: prefix.is_some() })
    }

    pub(super) fn width(&self) -> u32 {
        if self.v6 { 128 } else { 32 }
    }

    pub(super) fn with_prefix(&self, prefix: u32) -> Self {
        Self { prefix: prefix.min(self.width()), ..self.clone() }
    }

    fn host_mask(&self) -> u128 {
        let bits = self.width() - self.prefix;
        1_u128.checked_shl(bits).map_or(u128::MAX, |size| size - 1)
    }

    pub(super) fn network(&self) -> u128 {
        self.ip & !self.host_mask()
    }

    pub(super) fn last(&self) -> u128 {
        self.ip | self.host_mask()
    }

    /// How many addresses; all of IPv6 are one too few.
    pub(super) fn size(&self) -> u128 {
        self.host_mask().saturating_add(1)
    }

    pub(super) fn is_address(&self) -> bool {
        self.size() == 1 || self.ip != self.network()
    }

    /// All addresses.
    pub(super) fn span(&self) -> Option<(u128, u128)> {
        Some((self.network(), self.last()))
    }

    /// The addresses that hosts may have; none in a network of one.
    pub(super) fn usable(&self) -> Option<(u128, u128)> {
        match self.size() {
            1 => None,
            2 => self.span(),
            _ => Some((self.network() + 1, self.last() - 1)),
        }
    }

    pub(super) fn shifted(&self, by: i128) -> Option<u128> {
        let highest = if self.v6 { u128::MAX } else { u128::from(u32::MAX) };
        self.ip.checked_add_signed(by).filter(|found| *found <= highest)
    }

    /// The address at a place in the network, negative ones counted from its end.
    pub(super) fn nth(&self, nth: i128) -> Option<u128> {
        if nth.unsigned_abs() > self.size() || (nth >= 0 && nth.unsigned_abs() == self.size()) {
            return None;
        }
        let from = if nth < 0 { self.last() + 1 } else { self.network() };
        from.checked_add_signed(nth)
    }

    #[expect(clippy::cast_possible_truncation, reason = "an IPv4 address has 32 bits")]
    pub(super) fn text_of(&self, address: u128) -> String {
        if self.v6 {
            Ipv6Addr::from(address).to_string()
        } else {
            Ipv4Addr::from(address as u32).to_string()
        }
    }

    pub(super) fn mask_text(&self) -> String {
        let all = if self.v6 { u128::MAX } else { u128::from(u32::MAX) };
        self.text_of(all & !self.host_mask())
    }

    pub(super) fn host_mask_text(&self) -> String {
        self.text_of(self.host_mask())
    }

    /// The address with its prefix length.
    pub(super) fn cidr(&self) -> String {
        format!("{}/{}", self.text_of(self.ip), self.prefix)
    }

    /// The network with its prefix length.
    pub(super) fn subnet(&self) -> String {
        format!("{}/{}", self.text_of(self.network()), self.prefix)
    }

    /// The address for the reverse lookup in DNS.
    pub(super) fn reverse_name(&self) -> String {
        if self.v6 {
            let digits = format!("{:032x}", self.ip);
            let digits: Vec<String> = digits.chars().rev().map(String::from).collect();
            return format!("{}.ip6.arpa.", digits.join("."));
        }
        let parts = [self.ip & 255, self.ip >> 8 & 255, self.ip >> 16 & 255, self.ip >> 24];
        format!("{}.in-addr.arpa.", parts.map(|part| part.to_string()).join("."))
    }
}

fn mask_length(mask: &str) -> Option<u32> {
    let bits = u32::from(mask.parse::<Ipv4Addr>().ok()?);
    (bits.leading_ones() == bits.count_ones()).then_some(bits.count_ones())
}

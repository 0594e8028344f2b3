//! What the seed's servers would have noted: each node's last ramdisk fetched its image and asked for an address.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    clock::{Moment, timestamp},
    hardware::Hardware,
    node::Node,
    world::Rack,
};

impl Rack {
    /// Lines as dnsmasq writes them into a file of its own: local time, without a year.
    pub(super) fn dhcp_log(&self, now: Moment) -> String {
        let line = |at: Timestamp, hardware: &Hardware| {
            let at = at.to_zoned(TimeZone::system()).strftime("%b %e %H:%M:%S").to_string();
            format!("{at} dnsmasq-dhcp[1]: 1 DHCPDISCOVER(rack) {} \n", hardware.mac)
        };
        let asked = self.ramdisks().filter(|(.., (_, asked))| *asked <= now);
        asked
            .map(|(_, hardware, (_, asked))| line(timestamp(self.began, asked), hardware))
            .collect()
    }

    /// Lines of nginx's usual log.
    pub(super) fn http_log(&self, now: Moment) -> String {
        let line = |at: Timestamp, node: &Node| {
            let at = at.strftime("%d/%b/%Y:%H:%M:%S +0000");
            let path = format!("/redfish/boot-{}.iso", node.uuid);
            format!("10.0.0.1 - - [{at}] \"GET {path} HTTP/1.1\" 200 99 \"-\" \"bmc\"\n")
        };
        let loaded = self.ramdisks().filter(|(.., (loaded, _))| *loaded <= now);
        loaded.map(|(node, _, (loaded, _))| line(timestamp(self.began, loaded), node)).collect()
    }

    /// Every node whose machine has booted a ramdisk: when it was loaded, and when it asked for an address.
    fn ramdisks(&self) -> impl Iterator<Item = (&Node, &Hardware, (Moment, Moment))> {
        self.nodes.values().filter_map(|node| {
            let hardware = self.shelf.get(node.hardware?);
            Some((node, hardware, node.life.machine.ramdisk()?))
        })
    }
}

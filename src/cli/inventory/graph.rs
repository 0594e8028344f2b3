//! Groups and hosts as lines with branches.

use crate::{
    ansible::{
        self, AsWritten, Listing,
        inventory::ALL,
        yaml::{Data, Node},
    },
    cli::inventory::tree,
    trouble::Result,
};

/// The drawing below a group.
pub(super) fn text(listing: &Listing, group: usize, with_variables: bool) -> Result<String> {
    let mut drawing = Drawing { listing, with_variables, text: String::new() };
    drawing.group(group, 0)?;
    Ok(drawing.text)
}

struct Drawing<'a> {
    listing: &'a Listing<'a>,
    with_variables: bool,
    text: String,
}

impl Drawing<'_> {
    fn line(&mut self, depth: usize, content: &str) {
        self.text.push_str(&"  |".repeat(depth));
        self.text.extend([if depth > 0 { "--" } else { "" }, content, "\n"]);
    }

    fn group(&mut self, group: usize, depth: usize) -> Result<()> {
        let node = &self.listing.inventory().groups[group];
        self.line(depth, &format!("@{}:", node.name));
        node.children.iter().try_for_each(|child| self.group(*child, depth + 1))?;
        let members: &[usize] = if node.name == ALL { &[] } else { &node.hosts };
        for host in members {
            self.line(depth + 1, &self.listing.inventory().hosts[*host].name);
            if self.with_variables {
                self.variables(&self.listing.of_host(*host), depth + 2)?;
            }
        }
        if self.with_variables {
            self.variables(&self.listing.of_group(group)?, depth + 1)?;
        }
        Ok(())
    }

    fn variables(&mut self, written: &AsWritten, depth: usize) -> Result<()> {
        for (name, node) in written {
            let value = tree::value(&self.opened(node)?, false);
            self.line(depth, &format!("{{{name} = {}}}", ansible::python_str(&value)));
        }
        Ok(())
    }

    /// A value without vault texts: Ansible shows what is in them, Ymir shows stars unless it is asked to.
    fn opened(&self, node: &Node) -> Result<Node> {
        let data = match &node.data {
            Data::List(items) => {
                Data::List(items.iter().map(|item| self.opened(item)).collect::<Result<_>>()?)
            }
            Data::Map(pairs) => {
                let pair = |(key, value): &(Node, Node)| Ok((key.clone(), self.opened(value)?));
                Data::Map(pairs.iter().map(pair).collect::<Result<_>>()?)
            }
            _ => return self.listing.opened(node),
        };
        Ok(Node { origin: node.origin.clone(), data })
    }
}

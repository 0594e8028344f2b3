//! What is known to go wrong with BMCs of some makers, so that an operator knows it before the night.

/// A part of the maker's or model's name in small letters, and what is known.
const KNOWN: &[(&str, &str)] = &[
    (
        "sushy emulator",
        "it says of every boot device that it is for good, also of one for the next boot only",
    ),
    ("ilo 5", "it may answer a change of the boot mode with status 500, although nothing is wrong"),
    ("supermicro", "it refuses virtual media while some are inserted: take them out first"),
    (
        "dell",
        "old virtual media may stay attached after they were taken out (VRM0021): resetting the iDRAC frees them",
    ),
    ("dell", "a reset of the iDRAC to its defaults changes which network card boots first"),
];

/// What is known of BMCs of this maker and model.
pub(super) fn notes(manufacturer: Option<&str>, model: Option<&str>) -> Vec<String> {
    let name = [manufacturer, model].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let name = name.to_lowercase();
    let fits = KNOWN.iter().filter(|(part, _)| name.contains(part));
    fits.map(|(_, note)| (*note).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::notes;

    #[test]
    fn notes_are_those_of_the_maker_or_the_model() {
        assert_eq!(notes(Some("Sushy Emulator"), None).len(), 1);
        assert_eq!(notes(Some("Dell Inc."), Some("PowerEdge R650")).len(), 2);
        assert!(notes(Some("HPE"), Some("iLO 5"))[0].contains("500"));
        assert!(notes(None, None).is_empty());
    }
}

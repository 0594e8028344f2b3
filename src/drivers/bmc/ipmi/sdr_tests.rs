use super::*;

/// A full record; `factors` are the bytes from the units to the exponents.
fn full(units: u8, unit: u8, factors: [u8; 7]) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[3] = 0x01;
    bytes[5] = 0x20;
    bytes[7] = 0x30;
    bytes[12] = 0x01;
    bytes[20] = units;
    bytes[21] = unit;
    bytes[23..30].copy_from_slice(&factors);
    bytes[47] = 0xc4;
    bytes.extend(b"Temp");
    bytes[4] = u8::try_from(bytes.len() - HEADER).unwrap();
    bytes
}

fn quantity(units: u8, factors: [u8; 7], reading: u8) -> f64 {
    Record::read(&full(units, 1, factors)).unwrap().factors.unwrap().quantity(reading)
}

/// The crate reads −1 as −513 here, which is why records are read by ourselves.
#[test]
fn factors_below_zero_are_read() {
    assert!((quantity(0, [0, 0xff, 0xc0, 0, 0, 0, 0], 10) - -10.0).abs() < 1e-9);
    assert!((quantity(0, [0, 1, 0, 0xf6, 0xc0, 0, 0], 10) - 0.0).abs() < 1e-9);
}

#[test]
fn quantities_are_those_of_the_specification() {
    let table: &[(u8, [u8; 7], u8, f64)] = &[
        (0x00, [0, 1, 0, 0, 0, 0, 0], 40, 40.0),
        (0x80, [0, 1, 0, 0, 0, 0, 0], 0xf6, -10.0),
        (0x00, [0, 60, 0, 0, 0, 0, 0xe0], 200, 120.0),
        (0x00, [0, 1, 0, 5, 0, 0, 0x01], 20, 70.0),
    ];
    for (units, factors, reading, expected) in table {
        let found = quantity(*units, *factors, *reading);
        assert!((found - expected).abs() < 1e-9, "{factors:?}: {found}");
    }
}

#[test]
fn a_sensor_has_name_unit_and_state() {
    let record = Record::read(&full(0, 1, [0, 1, 0, 0, 0, 0, 0])).unwrap();
    let sensor = record.sensor(&[40, 0xc0, 0x02]).unwrap();
    assert_eq!((sensor.name.as_str(), sensor.unit.as_str()), ("Temp", "°C"));
    assert_eq!((sensor.reading, sensor.state.as_str()), (Some(40.0), "critical"));
    assert_eq!(record.sensor(&[40, 0x20]), None, "a reading that is not available");
    assert_eq!(record.sensor(&[40]), None);
}

#[test]
fn a_record_that_is_cut_is_no_panic() {
    let whole = full(0, 1, [0, 1, 0, 0, 0, 0, 0]);
    for end in 0..whole.len() {
        let _read = Record::read(&whole[..end]);
    }
    assert_eq!(Record::read(&whole[..47]), None);
}

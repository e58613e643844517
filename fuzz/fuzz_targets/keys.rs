//! Certificates, keys and stores on arbitrary bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nhi::keys;

fuzz_target!(|data: &[u8]| {
    keys::certificate(data);
    keys::store(data);
    keys::pgp_key(data);
    for label in ["RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
        keys::public_of(label, data);
    }
    let text = String::from_utf8_lossy(data);
    for block in keys::blocks(&text) {
        keys::certificate(&block.content);
    }
    keys::encoded(&text);
    text.lines().for_each(|line| drop(keys::ssh_line(line)));
});

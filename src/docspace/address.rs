//! Addresses that nobody can receive mail at.

/// Whether the e-mail address lies under a domain that is reserved for examples and tests: `example` with any
/// one ending (`example.com`, `mail.example.org`), `.example`, `.test`, `.invalid`, `.localhost` (RFC 2606, RFC 6761).
///
/// Such addresses are never sent to a portal that is not a sandbox.
#[must_use]
pub fn reserved_address(email: &str) -> bool {
    let Some((_, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let domain = domain.trim().trim_end_matches('.').to_ascii_lowercase();
    let mut labels = domain.rsplit('.');
    let (last, before) = (labels.next(), labels.next());
    matches!(last, Some("test" | "invalid" | "localhost" | "example")) || before == Some("example")
}

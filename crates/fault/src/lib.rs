//! Who must act before a failed thing can succeed: caller, peer, link or ours.

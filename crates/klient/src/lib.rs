//! Folders and mail for bodies without an integration: publish from folders, hand innsynskrav over.

"""Where the settings of a site come from: the environment, the databases it names, the secret; and who says what."""

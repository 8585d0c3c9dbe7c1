"""How the kernel's plain arrays are laid out."""

# Columns of the array of sources.
X, Y, VOLUME, HEIGHT, DIAMETER, VELOCITY, TEMPERATURE, TIP_DIAMETER, TIP_VELOCITY = range(9)
SIGMA_Y0, SIGMA_Z0, URBAN, GROUND = range(9, 13)
SOURCE_COLUMNS = 13

# Columns of the array of hours; NaN where the weather does not know the last two.
SPEED, MIXING_HEIGHT, AIR_TEMPERATURE, WEIGHT, FRICTION, OBUKHOV = range(6)

# Columns of the table of plumes, a row a source and hour.
AMPLITUDE, BASE, RISE, DRIVER, DISTANCE, FACTOR, FREQUENCY, LID, COSINE, DECAY = range(10)
PLUME_COLUMNS = 10

# Options, one bit each; HILLY where the ground has heights.
FINAL_RISE, TIP_DOWNWASH, BUOYANCY_INDUCED, HILLY = 1, 2, 4, 8

"""How public names are declared (`export`), looked up (`namespace`) and checked in (the generated tables)."""

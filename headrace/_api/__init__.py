"""How public names are declared (`export`) and looked up (`namespace`, generated tables)."""

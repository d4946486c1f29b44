"""What a program is: types, shapes, graphs and the values in them."""

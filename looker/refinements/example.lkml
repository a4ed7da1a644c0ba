# Yours: `layers lookml` never changes this folder. A refinement names a view or an explore with a
# plus sign before it, and says only what is to be different:
#
#   include: "/views/*.view.lkml"
#
#   view: +a_table {
#     dimension: a_column { group_label: "Money" }
#   }
